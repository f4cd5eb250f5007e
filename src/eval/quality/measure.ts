/**
 * Measures the hidden quality of a model's responses to fixed tasks of an open domain: an audit, which no training reads.
 * The seeds depend on the task alone, so that two models can be compared task by task. Next: `rankers.ts`.
 */

import type { Domain } from '../../domains/domain.ts';
import { type Quality, readQuality } from '../../domains/read-quality.ts';
import type { Ctl, Sampler, SamplingOptions } from '../../engine/engine.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { completionText } from '../../engine/stop-strings.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { deriveSeed } from '../../random.ts';
import { distinctBigrams } from '../../scoring/overlap.ts';
import type { ScoredResponse } from '../../scoring/scorer.ts';
import type { Estimate } from '../../types.ts';
import { meanEstimate } from '../statistics.ts';

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
export interface MeasuredTask {
  task: string;
  /** Tokens of the prompt. */
  prompt: Int32Array;
  responses: readonly ScoredResponse[];
  /** One per response. */
  qualities: readonly Quality[];
}

/** Samples responses to tasks and reads their hidden quality. Tasks that the domain cannot read are left out. */
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
  return completions.flatMap((group, at): MeasuredTask[] => {
    const responses = group.map((completion): ScoredResponse => {
      const { tokens, logprobs } = completion;
      return { text: responseOf(domain, completionText(completion, tokenizer.decode)), tokens, logprobs };
    });
    const qualities = responses.flatMap(({ text }) => readQuality(domain, tasks[at], text) ?? []);
    if (qualities.length < responses.length) return [];
    return [{ task: tasks[at], prompt: requests[at].prompt, responses, qualities }];
  });
}

/** Returns the response in a completion; empty if there is none. */
export function responseOf(domain: Pick<Domain, 'extractAnswer'>, completion: string): string {
  return domain.extractAnswer(completion) ?? '';
}

/** The hidden quality over all tasks. */
export interface QualitySummary {
  tasks: number;
  /** Mean quality of a response, 0..1, with its interval over tasks. */
  mean: Estimate;
  /** Mean of each criterion by its name. */
  byCriterion: Record<string, number>;
  /** Mean of the distinct bigrams / all bigrams of the responses to a task. */
  variety: number;
  /** Mean length of a response, in characters. */
  characters: number;
}

/** Summarizes measured tasks; null without any. */
export function summarizeQuality(
  { criteria = [] }: Pick<Domain, 'criteria'>,
  measured: readonly MeasuredTask[],
): QualitySummary | null {
  if (measured.length === 0) return null;
  const qualities = measured.flatMap((one) => one.qualities);
  const texts = measured.map(({ responses }) => responses.map(({ text }) => text));
  return {
    tasks: measured.length,
    mean: meanEstimate(measured.map((one) => meanOf(one.qualities.map(({ mean }) => mean)))),
    byCriterion: Object.fromEntries(
      criteria.map((name, at) => [name, meanOf(qualities.map(({ byCriterion }) => byCriterion[at]))]),
    ),
    variety: meanOf(texts.map(distinctBigrams)),
    characters: meanOf(texts.flat().map(({ length }) => length)),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
