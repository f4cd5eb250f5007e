/** Summarizes the responses to held-out tasks: hidden quality, proxies of it, variety. Pure. */

import { distinctBigrams } from '../../text/overlap.ts';
import type { QualityResult } from '../../types.ts';
import { mean, meanEstimate, sum } from '../statistics.ts';
import { pairsRight } from './rankers.ts';

/** The responses to one task, as a run stores them. Lists have one entry per response. */
export interface TaskQuality {
  task: string;
  responses: string[];
  /** Hidden criteria by name, 0..1 each; null if the domain has none, or cannot read the task. */
  criteria: Record<string, number>[] | null;
  /** Mean log-probability under the base model (nats). */
  likelihood: number[];
  /** Mean bigram overlap with the other responses, 0..1. */
  consensus: number[];
  /** Responses that the token limit cut off. */
  truncated: number;
}

/** Returns the hidden quality of each response to a task: the mean of its criteria; null without. */
export function qualitiesOf({ criteria }: Pick<TaskQuality, 'criteria'>): number[] | null {
  return criteria?.map((one) => mean(Object.values(one))) ?? null;
}

/** Summarizes the tasks of an iteration; null without any. */
export function summarizeQuality(tasks: readonly TaskQuality[], iteration: number): QualityResult | null {
  if (tasks.length === 0) return null;
  const perTask = tasks.flatMap((task) => {
    const qualities = qualitiesOf(task);
    return qualities === null ? [] : [mean(qualities)];
  });
  const criteria = tasks.flatMap((task) => task.criteria ?? []);
  const texts = tasks.map(({ responses }) => responses);
  return {
    iteration,
    tasks: tasks.length,
    samples: texts[0].length,
    mean: perTask.length === 0 ? null : meanEstimate(perTask),
    byCriterion: Object.fromEntries(
      Object.keys(criteria[0] ?? {}).map((name) => [name, mean(criteria.map((one) => one[name]))]),
    ),
    variety: mean(texts.map(distinctBigrams)),
    characters: mean(texts.flat().map(({ length }) => length)),
    likelihood: mean(tasks.flatMap(({ likelihood }) => likelihood)),
    consensus: mean(tasks.flatMap(({ consensus }) => consensus)),
    truncated: sum(tasks.map(({ truncated }) => truncated)),
    perTask,
  };
}

/**
 * Returns how well the two proxies order the responses as their hidden quality does, as the share of pairs (`pairsRight`);
 * null without a quality.
 */
export function proxiesRight(tasks: readonly TaskQuality[]): { likelihood: number | null; consensus: number | null } {
  const known = tasks.flatMap((task) => {
    const qualities = qualitiesOf(task);
    return qualities === null ? [] : [{ ...task, qualities }];
  });
  const right = (proxy: 'likelihood' | 'consensus'): number | null =>
    pairsRight(
      known.map((task) => task[proxy]),
      known.map(({ qualities }) => qualities),
    );
  return { likelihood: right('likelihood'), consensus: right('consensus') };
}
