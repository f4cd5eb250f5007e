/**
 * Words a question of the grammar in other ways: the same sum in another order (`order`), plain instead of a story or
 * the reverse (`form`), or both (`both`). A wrong fact about two numbers then meets other numbers. No value is computed.
 */

import { Random } from '../../random.ts';
import type { QuestionView } from '../domain.ts';
import { expressionText, type Sum, type Term } from './expression.ts';
import { textOf } from './held-out.ts';
import { MAX_QUESTION_CHARACTERS, type ParsedArithmetic, parseArithmetic } from './parse.ts';

const KINDS = ['both', 'order', 'form'] as const;
type Kind = (typeof KINDS)[number];

/** Draws per wanted view: small sums have few orders. */
const DRAWS = 12;

/** Returns up to `count` views of a question, with distinct texts; none if the grammar cannot read it. */
export function arithmeticViews(question: string, count: number, seed: number): QuestionView[] {
  const parsed = parseArithmetic(question);
  if (parsed === null) return [];
  const random = new Random(seed);
  const kinds = random.shuffle(KINDS);
  const drafts = Array.from({ length: count * DRAWS }, (_, at) => draft(random, parsed, kinds[at % kinds.length]));
  const views = distinct(
    drafts.filter((one): one is Draft => one !== null && one.text !== question),
    ({ text }) => text,
  );
  // Other numbers side by side count for more than other names: each order and form comes first once.
  const first = distinct(views, ({ sum }) => sum);
  const others = views.filter((one) => !first.includes(one));
  return [...first, ...others].slice(0, count).map(({ kind, text }) => ({ kind, text }));
}

/** A view, with the identity of its sum and form. */
interface Draft {
  kind: Kind;
  text: string;
  sum: string;
}

/** Draws a view; null if the sum has no other order, or cannot be written as a story. */
function draft(random: Random, { form, sum }: ParsedArithmetic, kind: Kind): Draft | null {
  const other = kind === 'order' ? form : form === 'plain' ? 'story' : 'plain';
  const ordered = kind === 'form' ? sum : reordered(random, sum, other);
  const moved = expressionText(ordered) !== expressionText(sum);
  if ((kind !== 'form' && !moved) || (other === 'story' && !canBeStory(ordered))) return null;
  const text = textOf(random, { form: other, sum: ordered });
  if (text.length > MAX_QUESTION_CHARACTERS) return null;
  return { kind, text, sum: `${other}: ${expressionText(ordered)}` };
}

/**
 * Draws an order of terms and factors that begins with a positive term. In a story, losses follow the gains, since
 * stories of the training corpus never lose what is not there.
 */
function reordered(random: Random, sum: Sum, form: ParsedArithmetic['form']): Sum {
  const terms = random.shuffle(sum).map((term): Term => ({ ...term, factors: random.shuffle(term.factors) }));
  const gains = terms.filter(({ sign }) => sign === 1);
  if (form === 'story') return [...gains, ...terms.filter(({ sign }) => sign === -1)];
  return [gains[0], ...terms.filter((term) => term !== gains[0])];
}

function canBeStory(sum: Sum): boolean {
  return sum.every(({ factors }) => factors.length <= 2 && factors.every((factor) => factor >= 0));
}

/** Returns the items with distinct keys, each the first of its key. */
function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    return !seen.has(key) && seen.add(key);
  });
}
