/**
 * Planted questions have known answers. The frozen Solver votes on them as on the pool, and they are never used for
 * training. The accuracy of its majority answers, by agreement, estimates how reliable the labels are, even in a
 * domain without an oracle. They do not influence the run: their votes use separate seeds.
 */

import { hasVerifier } from '../../config/phases.ts';
import { accuracyByBand, accuracyOf } from '../../eval/label-bands.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import type { Attempt, QuestionWithAnswer, Question } from '../../types.ts';
import { type CallContext, type RunContext, reporting, type StepPlace } from '../context.ts';
import type { StepOutcome } from '../cursor.ts';
import { PLANTED_VERDICTS, PLANTED_VOTES, type PlantedVotes } from '../partials.ts';
import { NONE } from './tally.ts';
import type { Band } from './too-few.ts';
import { castVotes, type ViewBallot } from '../views/cast-votes.ts';
import { verifierVerdict, viewsVerdict } from '../views/view-gate.ts';
import type { RewordingContext } from '../views/wordings.ts';
import type { VotedAttempt, VotingContext } from './voting.ts';
import { meanOf, metricsOf } from '../metrics.ts';

/** Who votes, and who words questions in other ways. */
export type Voters = Pick<ViewBallot, 'flow' | 'solver' | 'challenger'>;

/** Votes on one chunk. The ids do not contain the iteration, so that iterations can be compared question by question. */
export async function voteOnPlanted(
  ctx: RewordingContext & CallContext,
  voters: Voters,
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
  const voted = await castVotes(ctx, { ...voters, questions: asked, settings: ctx.config.votes, ctl });
  const kept: PlantedVotes[] = [];
  for (const [at, { tally, views, attempts }] of voted.entries()) {
    const planted = chunk.planted[at];
    const correct = tally.label === null ? null : await isKnownAnswer(ctx, tally.label, planted);
    // Attempts at the pool have a table; those at planted questions are only kept for the Verifier.
    const judged = hasVerifier(ctx.config) ? { attempts: attempts.map(judgedPart) } : {};
    kept.push({ ...planted, tally, correct, views, ...judged });
  }
  return { unit: { partials: [partialResult(PLANTED_VOTES, { iteration, step }, kept)] }, metrics: {} };
}

function judgedPart({ completion, vote, wording }: Attempt): VotedAttempt {
  return { completion, vote, ...(wording === undefined ? {} : { wording }) };
}

/** Returns whether a label equals the known answer of a planted question. */
export async function isKnownAnswer(
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

/** Returns the planted votes with the Verifier's verdicts on them, as far as the run has any. */
function judgedPlanted(
  store: Pick<RunStore, 'partials'>,
  iteration: number,
): (PlantedVotes & { accepted?: boolean })[] {
  const verdicts = new Map(
    store.partials(PLANTED_VERDICTS, iteration).flatMap(({ value }) => value.map(({ at, ...one }) => [at, one])),
  );
  return plantedVotes(store, iteration).map((one, at) => ({ ...one, ...verdicts.get(at) }));
}

/**
 * Returns the accuracy of the majority answers to the planted questions: `label_accuracy` of those that the filter would keep (the
 * estimate for the curriculum), `label_accuracy_all` of all majority answers, and the accuracy by agreement. Questions
 * without a majority answer (`unlabelled`) count in none of them. Empty without planted questions.
 * @param band the band that the filter used
 */
export function plantedMetrics(
  ctx: Pick<RunContext, 'store' | 'config'>,
  iteration: number,
  { minAgreement, maxAgreement }: Band,
): Record<string, number> {
  const votes = judgedPlanted(ctx.store, iteration);
  if (votes.length === 0) return {};
  const labels = votes
    .filter(({ tally }) => tally.label !== null && !(ctx.config.votes.noneIsVote && tally.label === NONE))
    .map(({ tally, correct, views, accepted }) => ({ agreement: tally.agreement, correct, views, accepted }));
  const { filter } = ctx.config;
  const inBand = labels.filter(
    ({ agreement, views, accepted }) =>
      agreement >= minAgreement &&
      agreement <= maxAgreement &&
      viewsVerdict(views, filter) === null &&
      verifierVerdict(accepted, filter) === null,
  );
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
