/**
 * Stage 5: trains the Solver on the curriculum with its own earlier majority answers as labels (R-Zero, section 3.3;
 * deviations are in FIDELITY.md, "Solver and GRPO"). With `labels = "oracle"` it trains on the oracle's answers
 * instead, as an upper bound for comparison, and with `labels = "computed"` on the answers that the domain computes.
 * Only then does the oracle influence a reward.
 */

import type { RunConfig } from '../config/schema.ts';
import type { Completion, Sampler, WeightsRef } from '../engine/engine.ts';
import { createFlow, type Flow } from '../engine/flow/flow.ts';
import { readVote } from '../domains/vote.ts';
import { deriveSeed, Random } from '../random.ts';
import { VERIFIER } from '../roles.ts';
import type { SolverAttempt } from '../rewards/correctness.ts';
import { needOf } from '../rewards/label-free/label-free.ts';
import { rewardBatch } from '../rewards/rewards.ts';
import type { LabelledQuestion } from '../types.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { type GroupReady, type PhaseGroup, type Rollouts, runPhase } from './training/phase.ts';
import { openOnce } from './open-once.ts';
import { withEvidence } from './training/attempt-evidence.ts';
import { afterCorrection } from './run/code-record.ts';
import { samplingOptions } from '../engine/sampling-options.ts';
import { encodePrompt } from '../models/tokenizer/encode-prompt.ts';
import { textOf } from './sampling.ts';
import { meanOf, metricsOf } from './metrics.ts';
import { labelSignals, passesLabelGate } from './training/label-gate.ts';
import { weightsAfter, weightsOfPhase } from './training/weights.ts';
import { withVerdicts } from './verifier/pay.ts';
import { paysSolver } from './verifier/verdicts.ts';

/** Trains this iteration's Solver and returns its weights. */
export async function trainSolver(
  ctx: RunContext,
  from: { iteration: number; start: WeightsRef; curriculum: readonly LabelledQuestion[] },
): Promise<WeightsRef> {
  const { iteration, start, curriculum } = from;
  const flow = createFlow(ctx.engine);
  // Only asked by `solver.reward = "likelihood"`.
  const base = openOnce(() => ctx.engine.openSampler(ctx.base, { role: 'solver', reference: true }));
  const verifier = openOnce(() =>
    ctx.engine.openSampler(weightsAfter(ctx, VERIFIER.name, iteration), { role: VERIFIER.name }),
  );
  const judges = { base: base.get, verifier: paysSolver(ctx, iteration) ? verifier.get : null };
  try {
    await runPhase(ctx, {
      role: 'solver',
      iteration,
      steps: ctx.config.solver.steps,
      start,
      rollOut: (solver, place, ready) =>
        solveAndReward(ctx, { flow, solver, ready, ...judges }, place, promptsOf(ctx, curriculum, place)),
    });
  } finally {
    await base.close();
    await verifier.close();
  }
  return weightsOfPhase(ctx, 'solver', iteration, start);
}

/** Returns the questions of one step. The curriculum is shuffled by seed, and shuffled again after each full pass. */
export function promptsOf(
  ctx: Pick<RunContext, 'config'>,
  curriculum: readonly LabelledQuestion[],
  { iteration, step }: StepPlace,
): LabelledQuestion[] {
  const { seed, solver } = ctx.config;
  const orders = new Map<number, LabelledQuestion[]>();
  const orderOf = (round: number): LabelledQuestion[] => {
    const order = orders.get(round) ?? new Random(deriveSeed(seed, iteration, 'curriculum', round)).shuffle(curriculum);
    orders.set(round, order);
    return order;
  };
  return Array.from({ length: solver.prompts }, (_, at) => {
    const position = step * solver.prompts + at;
    return orderOf(Math.floor(position / curriculum.length))[position % curriculum.length];
  });
}

/** Returns the answer that an attempt must equal. */
function labelOf({ labels }: Pick<RunConfig, 'labels'>, { tally, truth }: LabelledQuestion): string | null {
  return labels === 'oracle' ? truth : tally.label;
}

/** The models of a step. */
interface StepModels {
  flow: Flow;
  solver: Sampler;
  ready: GroupReady;
  base: () => Promise<Sampler>;
  /** Null if it pays no part of the reward. */
  verifier: (() => Promise<Sampler>) | null;
}

async function solveAndReward(
  ctx: RunContext,
  { flow, solver, ready, base, verifier }: StepModels,
  place: StepPlace,
  labelled: readonly LabelledQuestion[],
): Promise<Rollouts> {
  const { config, domain } = ctx;
  const prompts = labelled.map(({ question }) => encodePrompt(ctx, domain.solverMessages(question.text)));
  const requests = prompts.map((prompt, at) => ({
    prompt,
    n: config.solver.groupSize,
    seed: deriveSeed(config.seed, place.iteration, 'solve', place.step, at),
    ...samplingOptions(config.solver),
    ...ctx.tokenizer.ends,
  }));
  const ctl = reporting(ctx, place, 'attempts');
  const solved = await flow.each(solver, requests, ctl, async (completions, group) => {
    ready(group, prompts[group], completions);
    const items = await attemptsAt(ctx, labelled[group], completions, group);
    return { prompt: prompts[group], completions, items };
  });
  const judges = { solver, base, ctl: reporting(ctx, place, 'measures') };
  const known = await withEvidence(ctx, solved, needOf(config.solver.reward), judges);
  const items = verifier === null ? known : await withVerdicts(ctx, await verifier(), place, known);
  const { iteration, step } = place;
  const batch = { items, iteration, step, config };
  const rewards = await rewardBatch('solver', ctx.rewards.solver, batch, afterCorrection(ctx.store, 'rewards.solver'));
  const passes = config.solver.labelGate
    ? await Promise.all(solved.map((one) => passesLabelGate(ctx, one.items)))
    : labelled.map(() => true);
  const groups = labelled.map((one, group): PhaseGroup => ({
    prompt: prompts[group],
    promptText: one.question.text,
    label: labelOf(config, one),
    completions: solved[group].completions,
    rewards: rewards.filter((_, at) => items[at].group === group),
    ...(passes[group] ? {} : { teachesNothing: true }),
  }));
  const seen = labelled.map(({ labelCorrect }, group) => ({
    isRight: labelCorrect,
    share: meanOf(solved[group].items.map(({ correct }) => Number(correct))) ?? 0,
    passes: passes[group],
  }));
  const unanswered = meanOf(items.map(({ answer }) => (answer === null ? 1 : 0)));
  // The other rewards have no such part.
  const correct = config.solver.reward === 'label' ? null : meanOf(items.map((item) => Number(item.correct)));
  return { groups, metrics: { ...metricsOf('', { unanswered, correct }), ...labelSignals(seen, config.solver) } };
}

/** Reads the attempts at one question, and compares them with its label. */
async function attemptsAt(
  ctx: Pick<RunContext, 'config' | 'domain' | 'executor' | 'grader' | 'tokenizer'>,
  one: LabelledQuestion,
  completions: readonly Completion[],
  group: number,
): Promise<SolverAttempt[]> {
  const question = one.question.text;
  const label = labelOf(ctx.config, one);
  const isLabel = label === null ? null : ctx.grader.comparerTo(label);
  const opening = ctx.tokenizer.turn?.opening ?? '';
  const items: SolverAttempt[] = [];
  for (const completion of completions.map((each) => textOf(ctx, each))) {
    const answer = await readVote(ctx, question, completion);
    const correct = (await isLabel?.(answer)) ?? false;
    items.push({ group, question, label, completion, answer, correct, opening });
  }
  return items;
}
