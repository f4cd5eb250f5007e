/**
 * The metrics of a run as curves for other trackers. Those have one whole number on the axis, so every curve counts
 * either iterations or steps over all iterations. Pure.
 */

import type { EvalResult, Metric } from '../../types.ts';

/** One point of a curve. */
export interface Point {
  /** Name of the curve. */
  tag: string;
  /** Position on the axis. */
  at: number;
  value: number;
  iteration: number;
  stage: string;
  /** Step within the stage. */
  step: number;
}

/**
 * Returns the points of all metrics, in the order of the commits. A curve with one value per iteration counts iterations;
 * others count the steps of their stage from 1, over all iterations. A name that several stages use gets the stage's name.
 */
export function pointsOf(metrics: readonly Metric[]): Point[] {
  const stagesOf = groupedBy(
    metrics,
    ({ name }) => joined(name),
    ({ stage }) => joined(stage),
  );
  const stepsOf = groupedBy(metrics, (metric) => tagOf(metric, stagesOf), stepKey);
  const iterationsOf = groupedBy(
    metrics,
    (metric) => tagOf(metric, stagesOf),
    ({ iteration }) => String(iteration),
  );
  const places = stagePlaces(metrics);
  return metrics.map((metric) => {
    const tag = tagOf(metric, stagesOf);
    const isPerIteration = stepsOf.get(tag)?.size === iterationsOf.get(tag)?.size;
    const { iteration, stage, step, value } = metric;
    const at = isPerIteration ? iteration : (places.get(placeKey(metric)) ?? 0);
    return { tag, at, value, iteration, stage, step };
  });
}

/** The first evaluation belongs to the curve of the later ones. */
function joined(stage: string): string {
  return stage === 'baseline' ? 'evaluate' : stage;
}

function tagOf({ name, stage }: Metric, stagesOf: ReadonlyMap<string, ReadonlySet<string>>): string {
  return (stagesOf.get(name)?.size ?? 1) > 1 ? `${name}/${joined(stage)}` : name;
}

function groupedBy(
  metrics: readonly Metric[],
  keyOf: (metric: Metric) => string,
  valueOf: (metric: Metric) => string,
): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const metric of metrics) {
    const group = groups.get(keyOf(metric));
    if (group === undefined) groups.set(keyOf(metric), new Set([valueOf(metric)]));
    else group.add(valueOf(metric));
  }
  return groups;
}

function stepKey({ iteration, step }: Metric): string {
  return `${iteration}/${step}`;
}

function placeKey(metric: Metric): string {
  return `${joined(metric.stage)}/${stepKey(metric)}`;
}

/** Numbers the steps of every stage from 1. */
function stagePlaces(metrics: readonly Metric[]): Map<string, number> {
  const places = new Map<string, number>();
  const last = new Map<string, number>();
  for (const metric of metrics) {
    const key = placeKey(metric);
    if (places.has(key)) continue;
    const next = (last.get(joined(metric.stage)) ?? 0) + 1;
    last.set(joined(metric.stage), next);
    places.set(key, next);
  }
  return places;
}

/** Returns the held-out scores as curves over iterations: each score with the bounds of its 95 % interval. */
export function heldOutPoints(evaluations: readonly EvalResult[]): Point[] {
  return evaluations
    .filter(({ questions }) => questions > 0)
    .flatMap(({ iteration, task, mean, majority, greedy, forced }) => {
      const scores = { mean, majority, greedy, ...(forced === null ? {} : { forced }) };
      return Object.entries(scores).flatMap(([name, { value, low, high }]) =>
        Object.entries({ '': value, '/low': low, '/high': high }).map(([bound, one]) => ({
          tag: `held_out/${task}/${name}${bound}`,
          at: iteration,
          value: one,
          iteration,
          stage: iteration === 0 ? 'baseline' : 'evaluate',
          step: 0,
        })),
      );
    });
}
