/**
 * Forecasts the cost of a config before a run: completions, tokens, time and memory. The result depends on the given
 * assumptions. Pure.
 */

import type { RunConfig } from '../config/schema.ts';
import type { MemoryForecast } from '../engine/kind.ts';
import { adapterOf } from '../loop/training/adapt.ts';
import { adapterParameters } from '../models/adapters/adapter.ts';
import { type DecoderConfig, parameterCount } from '../models/decoder-config.ts';
import type { Stage } from '../types.ts';

/** Assumptions about machine and model. */
export interface Assumptions {
  /** Prompt tokens of one completion. */
  promptTokens: number;
  /** Completion length as a share of `maxTokens`. */
  lengthShare: number;
  /** Sustained floating-point operations per second while sampling. */
  samplingFlops: number;
  /** The same while scoring and training. */
  trainingFlops: number;
  /** Seconds per sampled token in addition to matrix products: attention, small calls, choosing tokens. */
  samplingOverhead: number;
  /** The same per trained token. */
  trainingOverhead: number;
  /** Whether the domain can force worked solutions. */
  forced: boolean;
  /** Questions of the held-out test; 0 if the domain has none. */
  tested: number;
}

export interface StageForecast {
  stage: Stage;
  /** Number of times the stage runs. */
  times: number;
  completions: number;
  /** Sampled tokens. */
  sampled: number;
  /** Tokens that the trainer processes, including prompts. */
  trained: number;
  seconds: number;
}

export interface Forecast {
  parameters: number;
  /** Trained parameters per policy: all of them, or those of the adapter. */
  trained: number;
  stages: StageForecast[];
  completions: number;
  tokens: number;
  seconds: number;
  memory: MemoryForecast;
  diskBytes: number;
}

/** Cost of the whole run, stage by stage. `memory` is the engine's own forecast. */
export function forecast(
  config: RunConfig,
  decoder: DecoderConfig,
  assumptions: Assumptions,
  memory: MemoryForecast,
): Forecast {
  const parameters = parameterCount(decoder);
  const adapter = adapterOf(config);
  const trained = adapter === null ? parameters : adapterParameters(decoder, adapter);
  const stages = stageWork(config, assumptions).map((work) => ({
    ...work,
    seconds: secondsOf(work, { parameters, frozen: adapter !== null }, assumptions),
  }));
  return {
    parameters,
    trained,
    stages,
    completions: sum(stages, (stage) => stage.completions),
    tokens: sum(stages, (stage) => stage.sampled + stage.trained),
    seconds: sum(stages, (stage) => stage.seconds),
    memory,
    diskBytes: diskBytes(config, trained),
  };
}

type Work = Omit<StageForecast, 'seconds'>;

/** Upper bounds for the whole run: every question is valid and every step runs. */
function stageWork(config: RunConfig, assumptions: Assumptions): Work[] {
  const { challenger, pool, votes, solver, evaluation, iterations } = config;
  // The number of questions in a file is not known here.
  const planted = typeof config.audit.planted === 'number' ? config.audit.planted : 0;
  const length = (section: { maxTokens: number }): number => section.maxTokens * assumptions.lengthShare;
  const work = (
    stage: Stage,
    times: number,
    sampled: [number, number][],
    trainedSequences: number,
    trainedLength: number,
  ): Work => ({
    stage,
    times,
    completions: times * sum(sampled, ([completions]) => completions),
    sampled: times * sum(sampled, ([completions, tokens]) => completions * tokens),
    trained: times * trainedSequences * (assumptions.promptTokens + trainedLength),
  });
  const posed = challenger.train ? challenger.steps * challenger.groups * challenger.groupSize : 0;
  const rollouts = solver.steps * solver.prompts * solver.groupSize;
  const measured = assumptions.tested * (evaluation.samples * (evaluation.forced && assumptions.forced ? 2 : 1) + 1);
  return [
    work('baseline', 1, [[measured, length(evaluation)]], 0, 0),
    work(
      'train-challenger',
      iterations,
      [
        [posed, length(challenger)],
        [posed * challenger.votes, length(votes)],
      ],
      posed,
      length(challenger),
    ),
    work('propose', iterations, [[pool.questions, length(pool)]], 0, 0),
    work('vote', iterations, [[(pool.questions + planted) * votes.count, length(votes)]], 0, 0),
    work('train-solver', iterations, [[rollouts, length(solver)]], rollouts, length(solver)),
    work('evaluate', iterations, [[measured, length(evaluation)]], 0, 0),
  ];
}

/**
 * Forward: 2 operations per weight and token. Training adds the backward pass (4, or 2 for a frozen base) and the
 * forward pass of the reference (2).
 */
function secondsOf(
  work: Work,
  { parameters, frozen }: { parameters: number; frozen: boolean },
  assumed: Assumptions,
): number {
  const training = (frozen ? 6 : 8) * parameters * work.trained;
  // A prompt is prefilled once for all completions of a request: on average about one prompt per ten completions.
  const prefill = work.completions * assumed.promptTokens * 0.1;
  const sampling =
    (2 * parameters * (work.sampled + prefill)) / assumed.samplingFlops + assumed.samplingOverhead * work.sampled;
  return sampling + training / assumed.trainingFlops + assumed.trainingOverhead * work.trained;
}

const FLOAT = 4;
/**
 * Each iteration keeps the newest state of both roles: trained parameters and two moments each. The best is a copy
 * without moments.
 */
function diskBytes(config: RunConfig, trained: number): number {
  return (config.iterations * (config.challenger.train ? 2 : 1) * 3 + 1) * trained * FLOAT;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
