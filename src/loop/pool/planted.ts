/**
 * Planted questions: their answers are known, the frozen Solver votes on them as on the pool, and they are never
 * trained on. How often its majority is right, band by band of agreement, says how far labels can be trusted, even in
 * a domain without an oracle. Nothing that a run does depends on them: their votes draw from seeds of their own.
 */

import type { Sampler } from '../../engine/engine.ts';
import { accuracyByBand, accuracyOf, type AuditedLabel } from '../../eval/label-bands.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import type { AnsweredQuestion, Question } from '../../types.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import type { StepOutcome } from '../cursor.ts';
import { PLANTED_VOTES, type PlantedVotes } from '../partials.ts';
import { voteOn, type VotingContext } from './voting.ts';
import { meanOf, metricsOf } from '../metrics.ts';

/** Votes on one chunk of them. Ids do not name the iteration, so that iterations compare question by question. */
export async function voteOnPlanted(
  ctx: VotingContext & Pick<RunContext, 'config' | 'emit'>,
  solver: Sampler,
  place: StepPlace,
  chunk: { planted: readonly AnsweredQuestion[]; first: number },
): Promise<StepOutcome> {
  const { iteration, step } = place;
  const asked = chunk.planted.map(({ text }, at): Question => {
    const index = chunk.first + at;
    const id = `planted-${index}`;
    return { id, iteration, origin: 'pool', step, index, text, claimed: null, completion: '', invalid: null };
  });
  const ctl = reporting(ctx, place, 'planted');
  const voted = await voteOn(ctx, { solver, questions: asked, dials: ctx.config.votes, ctl });
  const kept: PlantedVotes[] = [];
  for (const [at, { tally }] of voted.entries()) {
    const { text, answer } = chunk.planted[at];
    const correct = tally.label === null ? null : (await ctx.grader.equal(tally.label, answer)).verdict === 'equal';
    kept.push({ text, answer, tally, correct });
  }
  return { unit: { partials: [partialResult(PLANTED_VOTES, { iteration, step }, kept)] }, metrics: {} };
}

/** The planted questions' votes of an iteration. */
export function plantedVotes(store: Pick<RunStore, 'partials'>, iteration: number): PlantedVotes[] {
  return store.partials(PLANTED_VOTES, iteration).flatMap(({ value }) => value);
}

/**
 * How right the majorities of the planted questions are: `label_accuracy` over those within the filter's band (as
 * the curriculum's labels would be), `label_accuracy_all`, and by band of agreement. None planted: no metrics.
 */
export function plantedMetrics(ctx: Pick<RunContext, 'store' | 'config'>, iteration: number): Record<string, number> {
  const votes = plantedVotes(ctx.store, iteration);
  if (votes.length === 0) return {};
  const { minAgreement, maxAgreement } = ctx.config.filter;
  const labels = votes.map(({ tally, correct }): AuditedLabel => ({ agreement: tally.agreement, correct }));
  const inBand = labels.filter(
    ({ agreement, correct }) => correct !== null && agreement >= minAgreement && agreement <= maxAgreement,
  );
  return {
    ...metricsOf('audit/planted/', {
      questions: votes.length,
      in_band: inBand.length,
      agreement: meanOf(labels.map(({ agreement }) => agreement)),
      label_accuracy: accuracyOf(inBand),
      label_accuracy_all: accuracyOf(labels),
    }),
    ...metricsOf('audit/planted/label_accuracy/', accuracyByBand(labels)),
  };
}
