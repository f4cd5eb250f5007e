/**
 * Audits labels by views: after the filter, a seeded sample of the kept questions is asked again in other wordings, and
 * the votes on these either confirm the label or not. Without an oracle, planted questions are asked again too, so that
 * the run measures how well views tell right labels from wrong ones. It changes nothing in training.
 */

import { largestCurriculum } from '../../config/dials/pool-dials.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Ctl, Sampler } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { deriveSeed, Random } from '../../random.ts';
import { partialResult } from '../../store/partials.ts';
import type { Attempt, LabelledQuestion } from '../../types.ts';
import { type CallContext, reporting, type RunContext, type StepPlace } from '../context.ts';
import { chunkCount, chunkOf, type StepOutcome } from '../cursor.ts';
import { PLANTED_VIEWS, VIEWS_AUDIT, type AuditedByViews } from '../partials.ts';
import { plantedVotes } from '../pool/planted.ts';
import { NONE, tallyAttempts, type VoteRules } from '../pool/tally.ts';
import { countedAttempt } from '../pool/voting.ts';
import { readWording, shareOut, wordingRequest, wordingSeeds } from './ask-views.ts';
import { domainWordings, type ViewContext } from './wordings.ts';
import { viewMetrics } from './view-metrics.ts';

/** A label that views are to confirm. */
export interface LabelToConfirm {
  id: string;
  text: string;
  label: string;
  /** Agreement of the votes that gave the label. */
  agreement: number;
  /** Whether the label is right; null if unknown. */
  correct: boolean | null;
}

type AuditContext = CallContext & ViewContext & Pick<RunContext, 'config' | 'store' | 'planted'>;
/** Chunks of the kept questions, and of the planted ones. */
type Chunk = { of: 'kept' | 'planted'; at: number };

/** Returns the chunks of an iteration's audit, one per step; none without `audit.views`. */
export function auditChunks(ctx: Pick<RunContext, 'config' | 'domain' | 'planted'>): Chunk[] {
  const { audit, votes } = ctx.config;
  const chunks = (of: Chunk['of'], questions: number): Chunk[] =>
    Array.from({ length: chunkCount(Math.min(audit.views, questions), votes.chunk) }, (_, at) => ({ of, at }));
  const planted = ctx.domain.truth === undefined ? ctx.planted.length : 0;
  return [...chunks('kept', largestCurriculum(ctx.config)), ...chunks('planted', planted)];
}

/** Asks one chunk again. Returns the metrics of all chunks of the same kind so far. */
export async function auditByViews(
  ctx: AuditContext,
  { flow, solver }: { flow: Flow; solver: Sampler },
  place: StepPlace,
  { of, at }: Chunk,
): Promise<StepOutcome> {
  const { iteration } = place;
  const [kind, prefix] = of === 'kept' ? [VIEWS_AUDIT, 'audit/views/'] : [PLANTED_VIEWS, 'audit/planted/views/'];
  const questions = chunkOf(drawn(ctx, iteration, of), ctx.config.votes.chunk, at);
  const audited = await askAgain(ctx, { flow, solver }, questions, reporting(ctx, place, 'views'));
  const earlier = ctx.store.partials(kind, iteration).flatMap(({ step, value }) => (step < at ? value : []));
  return {
    unit: { partials: [partialResult(kind, { iteration, step: at }, audited)] },
    metrics: viewMetrics(prefix, [...earlier, ...audited]),
  };
}

/** Asks the Solver the questions in other words, with the votes of a pool question over all wordings of each. */
async function askAgain(
  ctx: AuditContext,
  { flow, solver }: { flow: Flow; solver: Sampler },
  questions: readonly LabelToConfirm[],
  ctl: Ctl,
): Promise<AuditedByViews[]> {
  const settings = ctx.config.votes;
  const views = await domainWordings(ctx, { ...settings, seed: 'views' })(questions, ctl);
  const asked = questions.map(({ id }, at) => shareOut(views[at], settings.count, wordingSeeds(ctx, 'view-vote', id)));
  const requests = asked.map((wordings) => wordings.map((one) => wordingRequest(ctx, one, settings)));
  if (requests.flat().length === 0) return Promise.all(questions.map((one) => compared(ctx, one, [], settings)));
  return flow.groups(solver, requests, ctl, async (completions, at) => {
    const { id: questionId } = questions[at];
    const wordings: { kind: string; text: string; attempts: Attempt[] }[] = [];
    for (const [index, one] of asked[at].entries()) {
      const attempts = await readWording(ctx, one, completions[index], { questionId, first: 0 });
      wordings.push({ ...one.view, attempts });
    }
    return compared(ctx, questions[at], wordings, settings);
  });
}

/** Compares the votes on the wordings with the label. */
async function compared(
  { grader }: Pick<AuditContext, 'grader'>,
  { id, label, agreement, correct }: LabelToConfirm,
  asked: readonly { kind: string; text: string; attempts: readonly Attempt[] }[],
  rules: VoteRules,
): Promise<AuditedByViews> {
  const isLabel = grader.comparerTo(label);
  const wordings: AuditedByViews['wordings'] = [];
  for (const { kind, text, attempts } of asked) {
    const votes = attempts.map(({ vote }) => vote);
    let forLabel = 0;
    for (const vote of votes) if (await isLabel(vote)) forLabel++;
    wordings.push({ kind, text, votes, forLabel });
  }
  const tally = await tallyAttempts(grader, asked.flatMap((one) => one.attempts).map(countedAttempt), rules);
  const confirmed = wordings.length === 0 ? null : await isLabel(tally.label);
  return { id, label, agreement, correct, wordings, tally, confirmed };
}

/** Returns the seeded sample of an iteration's labels. */
function drawn(ctx: AuditContext, iteration: number, of: Chunk['of']): LabelToConfirm[] {
  const { seed, audit } = ctx.config;
  const all = of === 'kept' ? keptLabels(ctx.store.labels(iteration)) : plantedLabels(ctx, iteration);
  return new Random(deriveSeed(seed, iteration, 'views', of)).shuffle(all).slice(0, audit.views);
}

function keptLabels(labels: readonly LabelledQuestion[]): LabelToConfirm[] {
  return labels.flatMap(({ question: { id, text }, tally: { label, agreement }, dropped, labelCorrect: correct }) =>
    dropped === null && label !== null ? [{ id, text, label, agreement, correct }] : [],
  );
}

/** Returns the majority answers to the planted questions. Ids and wordings do not depend on the iteration. */
function plantedLabels({ store, config }: Pick<AuditContext, 'store' | 'config'>, iteration: number): LabelToConfirm[] {
  return plantedVotes(store, iteration).flatMap(({ text, tally: { label, agreement }, correct }, at) =>
    label === null || isNone(label, config) ? [] : [{ id: `planted-${at}`, text, label, agreement, correct }],
  );
}

function isNone(label: string, { votes }: Pick<RunConfig, 'votes'>): boolean {
  return votes.noneIsVote && label === NONE;
}
