/**
 * Samples responses to fixed tasks of an open domain, and reads their hidden quality: an audit, which no training reads.
 * The seeds depend on the task alone, so that two models can be compared task by task. Next: `summarize.ts`.
 */

import type { Domain } from '../../domains/domain.ts';
import { type Quality, readQuality } from '../../domains/read-quality.ts';
import type { Ctl, Sampler, SamplingOptions } from '../../engine/engine.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { completionText } from '../../engine/stop-strings.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { deriveSeed } from '../../random.ts';
import type { ResponseGroup, ScoredResponse } from '../../scoring/scorer.ts';

/** What measuring needs. */
export interface QualityTools {
  sampler: Pick<Sampler, 'sample'>;
  tokenizer: Tokenizer;
  domain: Domain;
}

/** Settings of a measurement. */
export interface QualityDials extends SamplingOptions {
  /** Responses per task. */
  samples: number;
}

/** The responses to one task with their hidden quality. */
export interface MeasuredTask extends ResponseGroup {
  /** One per response; null if the domain has no quality, or cannot read the task. */
  qualities: readonly Quality[] | null;
  /** Responses that the token limit cut off. */
  truncated: number;
}

/** Samples responses to tasks and reads their hidden quality, where the domain has it. */
export async function measureQuality(
  { sampler, tokenizer, domain }: QualityTools,
  tasks: readonly string[],
  dials: QualityDials,
  { seed, ctl }: { seed: number; ctl?: Ctl },
): Promise<MeasuredTask[]> {
  const requests = tasks.map((task) => ({
    prompt: encodePrompt({ tokenizer }, domain.solverMessages(task)),
    n: dials.samples,
    seed: deriveSeed(seed, 'quality', task),
    ...samplingOptions(dials),
    ...tokenizer.ends,
  }));
  const completions = requests.length === 0 ? [] : await sampler.sample(requests, ctl);
  return completions.map((group, at): MeasuredTask => {
    const task = tasks[at];
    const responses = group.map((completion): ScoredResponse => {
      const { tokens, logprobs } = completion;
      return { text: responseOf(domain, completionText(completion, tokenizer.decode)), tokens, logprobs };
    });
    const qualities = responses.flatMap(({ text }) => readQuality(domain, task, text) ?? []);
    return {
      task,
      prompt: requests[at].prompt,
      responses,
      qualities: qualities.length < responses.length ? null : qualities,
      truncated: group.filter(({ stop }) => stop === 'length').length,
    };
  });
}

/** Returns the response in a completion; empty if there is none. */
export function responseOf(domain: Pick<Domain, 'extractAnswer'>, completion: string): string {
  return domain.extractAnswer(completion) ?? '';
}
