/**
 * Planted questions have known answers. The frozen Solver votes on them as on the pool, and they are never used for
 * training. The accuracy of its majority answers, by agreement, estimates how reliable the labels are, even in a
 * domain without an oracle. They do not influence the run: their votes use separate seeds.
 */

import type { Sampler } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { accuracyByBand, accuracyOf, type AuditedLabel } from '../../eval/label-bands.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import type { QuestionWithAnswer, Question } from '../../types.ts';
import { type CallContext, type RunContext, reporting, type StepPlace } from '../context.ts';
import type { StepOutcome } from '../cursor.ts';
import { PLANTED_VOTES, type PlantedVotes } from '../partials.ts';
import { NONE } from './tally.ts';
import type { Band } from './too-few.ts';
import { voteOn, type VotingContext } from './voting.ts';
import { meanOf, metricsOf } from '../metrics.ts';

/** Votes on one chunk. The ids do not contain the iteration, so that iterations can be compared question by question. */
export async function voteOnPlanted(
  ctx: VotingContext & CallContext & Pick<RunContext, 'config'>,
  { flow, solver }: { flow: Flow; solver: Sampler },
  place: StepPlace,
  chunk: { planted: readonly QuestionWithAnswer[]; first: number },
): Promise<StepOutcome> {
  const { iteration, step } = place;
  const asked = chunk.planted.map(({ text }, at): Question => {
    const index = chunk.first + at;
    const id = `planted-${index}`;
    return { id, iteration, origin: 'pool', step, index, text, claimed: null, completion: '', invalid: null };
  });
  const ctl = reporting(ctx, place, 'planted');
  const voted = await voteOn(ctx, { flow, solver, questions: asked, settings: ctx.config.votes, ctl });
  const kept: PlantedVotes[] = [];
  for (const [at, { tally }] of voted.entries()) {
    const planted = chunk.planted[at];
    kept.push({ ...planted, tally, correct: tally.label === null ? null : await isRight(ctx, tally.label, planted) });
  }
  return { unit: { partials: [partialResult(PLANTED_VOTES, { iteration, step }, kept)] }, metrics: {} };
}

async function isRight(
  { grader }: Pick<VotingContext, 'grader'>,
  label: string,
  { answer, also = [] }: QuestionWithAnswer,
): Promise<boolean> {
  for (const one of [answer, ...also]) if ((await grader.equal(label, one)).verdict === 'equal') return true;
  return false;
}

/** Returns the votes on the planted questions in an iteration. */
export function plantedVotes(store: Pick<RunStore, 'partials'>, iteration: number): PlantedVotes[] {
  return store.partials(PLANTED_VOTES, iteration).flatMap(({ value }) => value);
}

/**
 * Returns the accuracy of the majority answers to the planted questions: `label_accuracy` of those inside the band (the
 * estimate for the curriculum), `label_accuracy_all` of all majority answers, and the accuracy by agreement. Questions
 * without a majority answer (`unlabelled`) count in none of them. Empty without planted questions.
 * @param band the band that the filter used
 */
export function plantedMetrics(
  ctx: Pick<RunContext, 'store' | 'config'>,
  iteration: number,
  { minAgreement, maxAgreement }: Band,
): Record<string, number> {
  const votes = plantedVotes(ctx.store, iteration);
  if (votes.length === 0) return {};
  const labels = votes
    .filter(({ tally }) => tally.label !== null && !(ctx.config.votes.noneIsVote && tally.label === NONE))
    .map(({ tally, correct }): AuditedLabel => ({ agreement: tally.agreement, correct }));
  const inBand = labels.filter(({ agreement }) => agreement >= minAgreement && agreement <= maxAgreement);
  return {
    ...metricsOf('audit/planted/', {
      questions: votes.length,
      unlabelled: votes.length - labels.length,
      in_band: inBand.length,
      agreement: meanOf(votes.map(({ tally }) => tally.agreement)),
      label_accuracy: accuracyOf(inBand),
      label_accuracy_all: accuracyOf(labels),
    }),
    ...metricsOf('audit/planted/label_accuracy/', accuracyByBand(labels)),
  };
}
