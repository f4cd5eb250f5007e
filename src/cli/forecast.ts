/**
 * What a config will cost, before anything runs: completions, tokens, time and memory. A forecast, not a
 * promise; its assumptions are part of it. Pure.
 */

import type { RunConfig } from '../config/schema.ts';
import { decoderTensors, type DecoderConfig } from '../models/decoder-config.ts';
import type { Stage } from '../types.ts';

/** What is assumed of machine and model. */
export interface Assumptions {
  /** Prompt tokens of one completion. */
  promptTokens: number;
  /** Completion length as a share of `maxTokens`. */
  lengthShare: number;
  /** Sustained while sampling, in floating-point operations per second. */
  samplingFlops: number;
  /** Sustained while scoring and training. */
  trainingFlops: number;
  /** Seconds per sampled token beside the matrix products: attention, many small calls, picking tokens. */
  samplingOverhead: number;
  /** The same per trained token. */
  trainingOverhead: number;
  /** The domain can force worked solutions. */
  forced: boolean;
}

export interface StageForecast {
  stage: Stage;
  /** How often the stage runs. */
  times: number;
  completions: number;
  /** Sampled tokens. */
  sampled: number;
  /** Tokens that the trainer runs over, prompts included. */
  trained: number;
  seconds: number;
}

export interface Forecast {
  parameters: number;
  stages: StageForecast[];
  completions: number;
  tokens: number;
  seconds: number;
  memoryBytes: number;
  diskBytes: number;
}

/** Number of weights of a decoder. */
export function parameterCount(decoder: DecoderConfig): number {
  return decoderTensors(decoder).reduce((sum, tensor) => sum + tensor.shape.reduce((a, b) => a * b, 1), 0);
}

/** Cost of the whole run, stage by stage. */
export function forecast(config: RunConfig, decoder: DecoderConfig, assumptions: Assumptions): Forecast {
  const parameters = parameterCount(decoder);
  const stages = stageWork(config, assumptions).map((work) => ({
    ...work,
    seconds: secondsOf(work, parameters, assumptions),
  }));
  return {
    parameters,
    stages,
    completions: sum(stages, (stage) => stage.completions),
    tokens: sum(stages, (stage) => stage.sampled + stage.trained),
    seconds: sum(stages, (stage) => stage.seconds),
    memoryBytes: memoryBytes(config, decoder, parameters, assumptions),
    diskBytes: diskBytes(config, parameters),
  };
}

type Work = Omit<StageForecast, 'seconds'>;

/** Totals over the whole run, at most: every question valid, every step carried out. */
function stageWork(config: RunConfig, assumptions: Assumptions): Work[] {
  const { challenger, pool, votes, solver, evaluation, iterations } = config;
  // Of a file the number is not known here.
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
  const measured = evaluation.questions * (evaluation.samples * (evaluation.forced && assumptions.forced ? 2 : 1) + 1);
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

/** 2 operations per weight and token forward; training adds the backward (4) and the reference's forward (2). */
function secondsOf(work: Work, parameters: number, assumed: Assumptions): number {
  // A prompt is read once for all completions of a request; a tenth of them is a fair average.
  const prefill = work.completions * assumed.promptTokens * 0.1;
  const sampling =
    (2 * parameters * (work.sampled + prefill)) / assumed.samplingFlops + assumed.samplingOverhead * work.sampled;
  return sampling + (8 * parameters * work.trained) / assumed.trainingFlops + assumed.trainingOverhead * work.trained;
}

const FLOAT = 4;
/** Node, ONNX Runtime and the program itself. */
const PROCESS_BYTES = 200e6;

function memoryBytes(
  config: RunConfig,
  decoder: DecoderConfig,
  parameters: number,
  { promptTokens }: Assumptions,
): number {
  const longest = Math.max(
    config.challenger.maxTokens,
    config.votes.maxTokens,
    config.solver.maxTokens,
    config.evaluation.maxTokens,
  );
  const positions = Math.min(decoder.maxPositions, promptTokens + longest);
  const cache = config.engine.slots * positions * decoder.layers * 2 * decoder.kvHeads * decoder.headDim * FLOAT;
  // Weights, gradient, two moments, reference, and a sampler's prepacked copy with its source.
  const weights = 7 * parameters * FLOAT;
  const perToken =
    decoder.layers * (14 * decoder.hidden + 4 * decoder.intermediate + 2 * decoder.heads * positions) +
    3 * decoder.vocabulary;
  return PROCESS_BYTES + cache + weights + config.engine.microBatchTokens * perToken * FLOAT;
}

/** Each iteration keeps the newest state of both roles: weights and two moments. */
function diskBytes(config: RunConfig, parameters: number): number {
  return (config.iterations * (config.challenger.train ? 2 : 1) * 3 + 1) * parameters * FLOAT;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
