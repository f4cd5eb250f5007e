/** Samples responses to open tasks. */

import { responseOf } from '../../eval/quality/measure.ts';
import type { Completion, Ctl, Sampler, SamplingOptions, Tokens } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import type { ResponseGroup } from '../../scoring/scorer.ts';
import type { Attempt } from '../../types.ts';
import type { RunContext } from '../context.ts';
import { textOf } from '../sampling.ts';

/** A task and the seed of its responses. */
export interface SeededTask {
  text: string;
  seed: number;
}

/** The responses to one task, as they were sampled and as scorers see them. */
export interface SampledGroup {
  completions: Completion[];
  group: ResponseGroup;
}

/** Who responds to which tasks, and how. */
export interface ResponsePlan {
  flow: Flow;
  solver: Sampler;
  tasks: readonly SeededTask[];
  /** Responses per task. */
  count: number;
  settings: SamplingOptions;
  ctl: Ctl;
  /** Called with each group as soon as it is sampled. */
  ready?: (at: number, prompt: Tokens, completions: readonly Completion[]) => void;
}

/** Samples `count` responses to each task. */
export async function sampleResponses(
  ctx: Pick<RunContext, 'tokenizer' | 'domain'>,
  { flow, solver, tasks, count, settings, ctl, ready }: ResponsePlan,
): Promise<SampledGroup[]> {
  if (tasks.length === 0) return [];
  const requests = tasks.map(({ text, seed }) => ({
    prompt: encodePrompt(ctx, ctx.domain.solverMessages(text)),
    n: count,
    seed,
    ...samplingOptions(settings),
    ...ctx.tokenizer.ends,
  }));
  return flow.each(solver, requests, ctl, (completions, at): SampledGroup => {
    const { prompt } = requests[at];
    ready?.(at, prompt, completions);
    return { completions, group: { task: tasks[at].text, prompt, responses: completions.map(scored) } };
  });

  function scored(completion: Completion): ResponseGroup['responses'][number] {
    const { tokens, logprobs } = completion;
    return { text: responseOf(ctx.domain, textOf(ctx, completion)), tokens, logprobs };
  }
}

/** Returns the texts of the responses of groups. */
export function textsOf(groups: readonly ResponseGroup[]): string[][] {
  return groups.map(({ responses }) => responses.map(({ text }) => text));
}

/**
 * Returns the responses to a task as the store keeps them: attempts without a vote.
 * @param first.index index of the first response, @param first.wording the text of the hinted task, for hinted ones
 */
export function storedResponses(
  ctx: Pick<RunContext, 'tokenizer'>,
  questionId: string,
  completions: readonly Completion[],
  first: { index: number; wording?: string } = { index: 0 },
): Attempt[] {
  const { index, ...about } = first;
  return completions.map((completion, at) => ({
    questionId,
    index: index + at,
    completion: textOf(ctx, completion),
    vote: null,
    tokens: completion.tokens.length,
    stop: completion.stop,
    ...about,
  }));
}
