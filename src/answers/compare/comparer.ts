/**
 * Compares two single expressions with the evaluators, in this order: exact forms (`evaluate.ts`), values at
 * sample points (`sample.ts`), computer algebra (`algebra.ts`) if available. Runs in a worker; shapes and
 * groups are compared in `equal.ts`.
 */
import type { Algebra } from '../evaluate/algebra.ts';
import type { Comparer } from './context.ts';
import { compareByForm, compareEquations, compareInequalities, samePoles } from '../evaluate/evaluate.ts';
import type { Expression } from '../evaluate/expression.ts';
import { parseExpression } from '../evaluate/expression-parser.ts';
import type { Rules } from '../mode.ts';
import { sample } from '../evaluate/sample.ts';
import { different, undecided, under, type Verdict } from '../verdict.ts';

/**
 * Creates a comparer. With `algebra` null, pairs that only computer algebra could decide are `needs-algebra`.
 */
export function createComparer(rules: Rules, algebra: Algebra | null): Comparer {
  return {
    scalars: (a, b) => {
      const [left, right] = [parseExpression(a, rules.decimalLog, b), parseExpression(b, rules.decimalLog, a)];
      return left === null || right === null
        ? undecided('not-evaluable')
        : compareExpressions(left, right, rules, algebra);
    },
    equations: (a, b) => compareEquations(a, b, rules),
    inequalities: (a, b) => compareInequalities(a, b, rules),
  };
}

function compareExpressions(a: Expression, b: Expression, rules: Rules, algebra: Algebra | null): Verdict {
  const exact = compareByForm(a, b, rules);
  if (exact.reason !== 'not-evaluable') return exact;
  const { found, tame } = sample(a, b);
  if (found === 'differ') return different('different-value');
  if (found === 'part') return undecided('domain');
  if (found === 'unknown' || !tame) return undecided('not-evaluable');
  if (algebra === null) return undecided('needs-algebra');
  const verdict = algebra.compare(a, b);
  return samePoles(a, b) ? verdict : under(rules.cancelled, 'cancelled', verdict);
}
