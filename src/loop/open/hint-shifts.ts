/**
 * Asks the Solver for responses to tasks with hints, and measures δ: how far each hint shifts the Solver away from what it
 * writes without it (G-Zero). The mathematics is in `scoring/g-zero/`.
 */

import type { Domain } from '../../domains/domain.ts';
import type { Completion, Ctl, Example, Sampler, SamplingOptions, Tokens } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { toExample } from '../../grpo/batch.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { deriveSeed } from '../../random.ts';
import { hintShift } from '../../scoring/g-zero/hint-reward.ts';
import type { Question } from '../../types.ts';
import type { RunContext } from '../context.ts';

/** What measuring uses of a run. */
export type HintContext = Pick<RunContext, 'tokenizer' | 'domain'> & { config: Pick<RunContext['config'], 'seed'> };

/** A task with its hint. */
export interface HintedQuestion {
  question: Pick<Question, 'id' | 'text'>;
  hint: string;
}

/** A task with one response to it, and δ; null for an empty response. */
export interface ShiftedResponse extends HintedQuestion {
  response: Completion;
  shift: number | null;
}

/** Returns the hint of a stored question, which its completion holds; null for an invalid question. */
export function hintOf(domain: Pick<Domain, 'parseQuestion'>, question: Question): string | null {
  return question.invalid === null ? (domain.parseQuestion(question.completion).hint ?? null) : null;
}

/**
 * Returns the valid questions with their hints, without those whose hinted prompt and a response do not fit into the
 * model's context.
 */
export function hintedTasks(
  ctx: HintContext & Pick<RunContext, 'maxContext'>,
  questions: readonly Question[],
  { maxTokens }: Pick<SamplingOptions, 'maxTokens'>,
): HintedQuestion[] {
  return questions.flatMap((question) => {
    const hint = hintOf(ctx.domain, question);
    if (hint === null) return [];
    const { hinted } = hintPrompts(ctx, { question, hint });
    return hinted.length + maxTokens > ctx.maxContext ? [] : [{ question, hint }];
  });
}

/** Returns the Solver's prompts for a task: without its hint, and with it. */
export function hintPrompts(ctx: HintContext, { question, hint }: HintedQuestion): { plain: Tokens; hinted: Tokens } {
  const { domain } = ctx;
  const hinted = domain.hintedMessages?.(question.text, hint) ?? domain.solverMessages(question.text);
  return { plain: encodePrompt(ctx, domain.solverMessages(question.text)), hinted: encodePrompt(ctx, hinted) };
}

/**
 * Samples one response to each task without its hint, and scores it in both contexts with the same model. The seeds depend
 * on the run's seed and the question's id.
 */
export async function shiftsOf(
  ctx: HintContext,
  from: { flow: Flow; solver: Sampler; tasks: readonly HintedQuestion[]; settings: SamplingOptions; ctl: Ctl },
): Promise<ShiftedResponse[]> {
  const { flow, solver, tasks, settings, ctl } = from;
  if (tasks.length === 0) return [];
  const prompts = tasks.map((task) => hintPrompts(ctx, task));
  const requests = tasks.map(({ question }, at) => ({
    prompt: prompts[at].plain,
    n: 1,
    seed: deriveSeed(ctx.config.seed, 'respond', question.id),
    ...samplingOptions(settings),
    ...ctx.tokenizer.ends,
  }));
  const responses = await flow.each(solver, requests, ctl, ([response]) => response);
  const examples = responses.flatMap(({ tokens }, at) => [
    toExample(prompts[at].plain, tokens),
    toExample(prompts[at].hinted, tokens),
  ]);
  const logprobs = await solver.score(examples, { signal: ctl.signal });
  return tasks.map((task, at) => {
    const [plain_T, hinted_T] = [2 * at, 2 * at + 1].map((index) => responsePart(examples[index], logprobs[index]));
    return { ...task, response: responses[at], shift: hintShift({ plain_T, hinted_T }) };
  });
}

/** Returns the values at the tokens of the response, which end the example. */
function responsePart({ mask }: Example, values_T: Float32Array): Float32Array {
  return values_T.filter((_, t) => mask[t] === 1);
}
