/**
 * Stage 5. The Solver learns to agree with the majority of its earlier self on the curriculum (FIDELITY.md, "Solver and
 * GRPO"). With `labels = "oracle"` it learns the truth instead: the one place where the oracle enters a reward, as an
 * upper bound for comparison.
 */

import type { Sampler, WeightsRef } from '../engine/engine.ts';
import { deriveSeed, Random } from '../random.ts';
import type { Reward } from '../rewards/challenger.ts';
import { solverReward } from '../rewards/correctness.ts';
import type { LabelledQuestion } from '../types.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { type PhaseGroup, type Rollouts, runPhase } from './training/phase.ts';
import { encodePrompt, samplingOf, textOf } from './sampling.ts';
import { meanOf, metricsOf } from './metrics.ts';
import { weightsOfPhase } from './training/weights.ts';

/** Returns the weights of this iteration's Solver. */
export async function trainSolver(
  ctx: RunContext,
  from: { iteration: number; start: WeightsRef; curriculum: readonly LabelledQuestion[] },
): Promise<WeightsRef> {
  const { iteration, start, curriculum } = from;
  await runPhase(ctx, {
    role: 'solver',
    iteration,
    steps: ctx.config.solver.steps,
    start,
    rollOut: (sampler, place) => solveAndReward(ctx, sampler, place, promptsOf(ctx, curriculum, place)),
  });
  return weightsOfPhase(ctx, 'solver', iteration, start);
}

/** The step's questions: the curriculum in a seeded order, reshuffled each time it is used up. */
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

/** What an attempt's answer has to equal. */
function labelOf({ labels }: RunContext['config'], { tally, truth }: LabelledQuestion): string | null {
  return labels === 'oracle' ? truth : tally.label;
}

async function solveAndReward(
  ctx: RunContext,
  solver: Sampler,
  place: StepPlace,
  labelled: readonly LabelledQuestion[],
): Promise<Rollouts> {
  const { config, domain } = ctx;
  const prompts = labelled.map(({ question }) => encodePrompt(ctx, domain.solverMessages(question.text)));
  const requests = prompts.map((prompt, at) => ({
    prompt,
    n: config.solver.groupSize,
    seed: deriveSeed(config.seed, place.iteration, 'solve', place.step, at),
    ...samplingOf(config.solver),
  }));
  const completions = await solver.sample(requests, reporting(ctx, place, 'attempts'));
  const groups: PhaseGroup[] = [];
  const answers: (string | null)[] = [];
  for (const [at, one] of labelled.entries()) {
    const label = labelOf(config, one);
    const texts = completions[at].map((completion) => textOf(ctx, completion));
    const given = texts.map((text) => domain.extractAnswer(text));
    const isLabel = label === null ? null : ctx.grader.comparerTo(label);
    answers.push(...given);
    const rewards: Reward[] = [];
    for (const [index, text] of texts.entries()) {
      const correct = (await isLabel?.(given[index])) ?? false;
      rewards.push(solverReward({ text, correct }, config.solver));
    }
    groups.push({
      prompt: prompts[at],
      promptText: one.question.text,
      label,
      completions: completions[at],
      rewards,
    });
  }
  const unanswered = meanOf(answers.map((answer) => (answer === null ? 1 : 0)));
  return { groups, metrics: metricsOf('', { unanswered }) };
}
