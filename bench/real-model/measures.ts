/** What `bench:real-model` reads from evaluations. */

import { type Gain, pairedGain } from '../../src/eval/paired.ts';
import type { EvaluationReader } from '../../src/eval/log/log.ts';
import { mean, meanEstimate, sum, wilson } from '../../src/eval/statistics.ts';
import type { Estimate } from '../../src/types.ts';

/** Scores by question, in the order of the test. */
export interface Scores {
  sampled: number[];
  majority: number[];
  greedy: number[];
}

export interface Measured {
  questions: number;
  samples: number;
  mean: Estimate;
  majority: Estimate;
  greedy: Estimate;
  /** Share of sampled answers without a final answer in the asked form. */
  formatFailures: Estimate;
  /** Share of sampled answers cut off at the limit of tokens. */
  cutOff: number;
  meanTokens: number;
}

export type Gains = Record<keyof Scores, Gain>;

/** Reads one finished task of a log. Throws if it has no sampled answers. */
export function readScores(log: EvaluationReader): { scores: Scores; measured: Measured } {
  const [{ name, asked }] = log.tasks();
  const samples = log.samples(name, 0, asked);
  const sampled = samples.filter(({ mode }) => mode === 'sampled');
  const positions = Array.from({ length: asked }, (_, position) => position);
  const rightShare = (mode: string, position: number): number =>
    mean(
      samples
        .filter((one) => one.mode === mode && one.position === position)
        .map(({ verdict }) => Number(verdict === 'right')),
    );
  const scores = {
    sampled: positions.map((position) => rightShare('sampled', position)),
    majority: log.majorities(name, asked).map(({ verdict }) => Number(verdict === 'right')),
    greedy: positions.map((position) => rightShare('greedy', position)),
  };
  const measured = {
    questions: asked,
    samples: sampled.length / asked,
    mean: meanEstimate(scores.sampled),
    majority: wilson(sum(scores.majority), asked),
    greedy: wilson(sum(scores.greedy), asked),
    formatFailures: wilson(sampled.filter(({ extracted }) => extracted === null).length, sampled.length),
    cutOff: mean(sampled.map(({ stop }) => Number(stop === 'length'))),
    meanTokens: mean(sampled.map(({ tokens }) => tokens)),
  };
  return { scores, measured };
}

export function gains(before: Scores, after: Scores): Gains {
  return {
    sampled: pairedGain(before.sampled, after.sampled),
    majority: pairedGain(before.majority, after.majority),
    greedy: pairedGain(before.greedy, after.greedy),
  };
}
