/** Hand-made events and results for the tests of this folder. */

import type { IterationSummary, RunSummary } from '../../events.ts';
import type { Estimate, EvalResult } from '../../types.ts';

/** A value with a made-up interval of two points to each side. */
export function estimate(value: number): Estimate {
  return { value, low: value - 0.02, high: value + 0.02 };
}

/** `n` per-question scores with the given mean, spread between 0 and 1 in a fixed pattern. */
export function scores(n: number, mean: number, shift = 0): number[] {
  const right = Math.round(n * mean);
  return Array.from({ length: n }, (_, i) => ((i * 7 + shift) % n < right ? 1 : 0));
}

/** An evaluation of 500 questions, its scores in a fixed pattern. */
export function evaluation(iteration: number, mean: number, forced: number | null): EvalResult {
  const questions = 500;
  return {
    iteration,
    task: 'arithmetic/held-out',
    questions,
    samples: 8,
    mean: estimate(mean),
    majority: estimate(mean + 0.2),
    greedy: estimate(mean + 0.1),
    forced: forced === null ? null : estimate(forced),
    worked: 0.5,
    meanTokens: 30,
    truncated: 0,
    perQuestion: scores(questions, mean),
    perQuestionForced: forced === null ? null : scores(questions, forced),
  };
}

/** One row of the closing table. */
export function iteration(index: number, mean: number, forced: number | null = null): IterationSummary {
  const trained = index > 0;
  return {
    iteration: index,
    evaluation: evaluation(index, mean, forced),
    kept: trained ? 240 + index : null,
    agreement: trained ? 0.61 : null,
    labelAccuracy: trained ? 0.785 : null,
    difficulty: trained ? 2.3 : null,
  };
}

/** A finished run of the given rows. */
export function summary(rows: IterationSummary[], change: Partial<RunSummary> = {}): RunSummary {
  return {
    runId: 'brave-otter',
    runDir: 'runs/brave-otter',
    iterations: rows,
    best: rows.length - 1,
    outcome: 'finished',
    seconds: 240,
    engineSeconds: 216,
    explanation: '',
    ...change,
  };
}
