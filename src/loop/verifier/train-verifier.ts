/**
 * Trains the Verifier of an iteration on balanced evidence from the votes of its pool. Not part of R-Zero; off by default.
 * `evidence.ts` says what is presumed, `verify.ts` tests and uses what was learned.
 */

import type { WeightsRef } from '../../engine/engine.ts';
import { deriveSeed, Random } from '../../random.ts';
import { VERIFIER } from '../../roles.ts';
import type { VotedPool } from '../4-filter.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { committedSteps } from '../cursor.ts';
import { weightsOfPhase } from '../training/weights.ts';
import { isJudgeable } from './ask-verdicts.ts';
import { balancedEvidence } from './balance.ts';
import type { Evidence } from './evidence.ts';
import { rankedQuestions } from './ranked-questions.ts';
import { trainByChecks } from './train-by-checks.ts';
import { trainByTokens } from './train-by-tokens.ts';

/** Trains the Verifier and returns its weights of this iteration: the initial ones if there is no evidence. */
export async function trainVerifier(
  ctx: RunContext,
  from: { voted: VotedPool; start: WeightsRef },
): Promise<WeightsRef> {
  const { voted, start } = from;
  const { iteration } = voted;
  if (committedSteps(ctx, iteration, VERIFIER.stage) !== Infinity) {
    const { seed, verifier } = ctx.config;
    const questions = await rankedQuestions(ctx, voted);
    const evidence = balancedEvidence(questions, {
      pairs: verifier.pairs,
      seed: deriveSeed(seed, iteration, 'verifier'),
    });
    // A question stays whole or is left out, so that the evidence stays balanced.
    const byQuestion = groupedByQuestion(evidence).filter((group) => group.every((one) => isJudgeable(ctx, one)));
    const plan = {
      iteration,
      steps: byQuestion.length === 0 ? 0 : verifier.steps,
      start,
      evidenceOf: (place: StepPlace) => evidenceOfStep(byQuestion, place, { seed, size: verifier.prompts }),
    };
    await (verifier.kind === 'token' ? trainByTokens(ctx, plan) : trainByChecks(ctx, plan));
  }
  return weightsOfPhase(ctx, VERIFIER.name, iteration, start);
}

/** Groups evidence by question, so that every step is balanced. */
export function groupedByQuestion(evidence: readonly Evidence[]): Evidence[][] {
  const groups = new Map<string, Evidence[]>();
  for (const one of evidence) groups.set(one.questionId, [...(groups.get(one.questionId) ?? []), one]);
  return [...groups.values()];
}

/** Returns the evidence of one step: of `size` questions, shuffled by seed, and again after each full pass. */
export function evidenceOfStep(
  questions: readonly Evidence[][],
  { iteration, step }: Pick<StepPlace, 'iteration' | 'step'>,
  { seed, size }: { seed: number; size: number },
): Evidence[] {
  const taken = Math.min(size, questions.length);
  return Array.from({ length: taken }, (_, at) => {
    const position = step * taken + at;
    const round = Math.floor(position / questions.length);
    const order = new Random(deriveSeed(seed, iteration, 'evidence-order', round)).shuffle(questions);
    return order[position % questions.length];
  }).flat();
}
