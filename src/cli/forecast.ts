/**
 * Forecasts the cost of a config before a run: completions, tokens, time and memory. The result depends on the given
 * assumptions. Pure.
 */

import { largestCurriculum } from '../config/dials/pool-dials.ts';
import { splitVotes } from '../config/dials/view-dials.ts';
import { hasVerifier } from '../config/phases.ts';
import type { RunConfig, TrainingDials } from '../config/schema.ts';
import type { Domain } from '../domains/domain.ts';
import type { MemoryForecast, Speed } from '../engine/kind.ts';
import { adaptationOf, adapterOf } from '../loop/training/adapt.ts';
import { needOf } from '../rewards/label-free/label-free.ts';
import { adapterParameters } from '../models/adapters/adapter.ts';
import { type DecoderConfig, parameterCount } from '../models/decoder-config.ts';
import { VERIFIER } from '../roles.ts';
import type { Stage } from '../types.ts';
import {
  type ModelSize,
  openingSeconds,
  samplingSeconds,
  type SamplingWork,
  trainingSeconds,
  type TrainingWork,
} from './forecast-time.ts';
import { SCORED_PER_VERDICT, verifierWork, type VerifierWork } from './forecast-verifier.ts';

/** Assumptions about machine and model. */
export interface Assumptions extends Speed {
  /** Tokens of the Challenger's prompt, and of a Solver's. */
  posing: number;
  solving: number;
  /** Tokens with which all prompts of the Solver begin. */
  solvingShared: number;
  /** Mean tokens of a Challenger's and of a Solver's completion; null = unknown. */
  question: number | null;
  answer: number | null;
  /** Length of completions as a share of `maxTokens`, where it is unknown. */
  lengthShare: number;
  /** Whether the domain can force worked solutions. */
  forced: boolean;
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

/** Returns the config with no more test questions than the domain has. */
export function withTestOf({ heldOut }: Pick<Domain, 'heldOut'>, config: RunConfig): RunConfig {
  const { evaluation } = config;
  const questions = evaluation.questions === 0 ? 0 : (heldOut?.questions(evaluation.questions).length ?? 0);
  return { ...config, evaluation: { ...evaluation, questions } };
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
  const size = { parameters, trained };
  const stages = stageWork(config, assumptions).map((work) => stageForecast(work, size, assumptions));
  return {
    parameters,
    trained,
    stages,
    completions: sum(stages, (stage) => stage.completions),
    tokens: sum(stages, (stage) => stage.sampled + stage.trained),
    seconds: sum(stages, (stage) => stage.seconds),
    memory,
    diskBytes: diskBytes(config, trained, verifierParameters(config, decoder)),
  };
}

/** The work of one run of a stage. */
interface Work {
  stage: Stage;
  times: number;
  /** Models that it opens. */
  models: number;
  sampling: SamplingWork[];
  training: TrainingWork | null;
}

function stageForecast(
  { stage, times, models, sampling, training }: Work,
  size: ModelSize,
  speed: Speed,
): StageForecast {
  const works = sampling.filter(({ calls, completions }) => calls * completions > 0);
  const isIdle = works.length === 0 && training === null;
  const seconds = isIdle
    ? 0
    : openingSeconds(models, size, speed) +
      sum(works, (work) => samplingSeconds(work, speed)) +
      (training === null ? 0 : trainingSeconds(training, size, speed));
  return {
    stage,
    times,
    completions: times * sum(works, ({ calls, completions }) => calls * completions),
    sampled: times * sum(works, ({ calls, completions, mean }) => calls * completions * mean),
    trained:
      training === null ? 0 : times * training.steps * training.sequences * (training.promptTokens + training.mean),
    seconds: times * seconds,
  };
}

/** Upper bounds for the whole run: every question is valid and every step runs. */
function stageWork(config: RunConfig, assumed: Assumptions): Work[] {
  const { challenger, pool, votes, solver, iterations } = config;
  // The number of questions in a file is not known here.
  const planted = typeof config.audit.planted === 'number' ? config.audit.planted : 0;
  const posed = challenger.groups * challenger.groupSize;
  const sampled = (work: Pick<SamplingWork, 'calls' | 'completions' | 'prompts'>, role: Prompted): SamplingWork => ({
    ...work,
    ...lengthsOf(role, assumed),
  });
  const posing = (section: { maxTokens: number }): Prompted => ({
    section,
    prompt: assumed.posing,
    shared: 0,
    mean: assumed.question,
  });
  const solving = (section: { maxTokens: number }): Prompted => ({
    section,
    prompt: assumed.solving,
    shared: assumed.solvingShared,
    mean: assumed.answer,
  });
  const judging = { ...solving(config.verifier), prompt: assumed.solving + lengthsOf(solving(votes), assumed).mean };
  /** The Challenger words questions in other ways, each after a prompt with the question. */
  const rewordings = (questions: number, count: number, calls: number): SamplingWork[] =>
    asksChallenger(config)
      ? [
          sampled(
            { calls, completions: questions * splitVotes(count, config).wordings, prompts: questions },
            { section: pool, prompt: assumed.solving, shared: 0, mean: assumed.question },
          ),
        ]
      : [];
  return [
    { stage: 'baseline', times: 1, models: 1, sampling: testWork(config, assumed), training: null },
    {
      stage: 'train-challenger',
      times: iterations,
      models: 2 + Number(challenger.klWeight > 0),
      sampling: [
        sampled({ calls: stepsOf(config), completions: posed, prompts: 1 }, posing(challenger)),
        ...rewordings(posed, challenger.votes, stepsOf(config)),
        sampled(
          {
            calls: stepsOf(config),
            completions: posed * challenger.votes,
            prompts: posed * promptsOf(challenger.votes, config),
          },
          solving(votes),
        ),
      ],
      training: trainingWork(
        challenger,
        { steps: stepsOf(config), sequences: posed },
        lengthsOf(posing(challenger), assumed),
      ),
    },
    {
      stage: 'propose',
      times: iterations,
      models: 1,
      sampling: chunks(pool.questions, pool.chunk).map((count) =>
        sampled({ calls: 1, completions: count, prompts: 1 }, posing(pool)),
      ),
      training: null,
    },
    {
      stage: 'vote',
      times: iterations,
      models: asksChallenger(config) ? 2 : 1,
      sampling: chunks(pool.questions + planted, votes.chunk).flatMap((count) => [
        ...rewordings(count, votes.count, 1),
        sampled(
          { calls: 1, completions: count * votes.count, prompts: count * promptsOf(votes.count, config) },
          solving(votes),
        ),
      ]),
      training: null,
    },
    ...verifierStages(config, judging, assumed),
    ...filterWork(config, planted, (count) =>
      sampled({ calls: 1, completions: count * votes.count, prompts: count * votes.count }, solving(votes)),
    ),
    {
      stage: 'train-solver',
      times: iterations,
      models: 1 + Number(solver.klWeight > 0),
      sampling: [
        sampled(
          { calls: solver.steps, completions: solver.prompts * solver.groupSize, prompts: solver.prompts },
          solving(solver),
        ),
        ...paidWork(config, judging, assumed),
      ],
      training: trainingWork(
        solver,
        { steps: solver.steps, sequences: solver.prompts * solver.groupSize },
        lengthsOf(solving(solver), assumed),
        needOf(solver.reward) === 'base' || needOf(solver.reward) === 'distributions' ? 1 : 0,
      ),
    },
    { stage: 'evaluate', times: iterations, models: 1, sampling: testWork(config, assumed), training: null },
  ];
}

/** Prompts per question for `count` votes: its own words and its other wordings. */
function promptsOf(count: number, config: RunConfig): number {
  const { own, wordings } = splitVotes(count, config);
  return Math.min(1, own) + wordings;
}

function asksChallenger({ votes }: RunConfig): boolean {
  return votes.views > 0 && votes.viewsFrom === 'challenger';
}

/**
 * The audit by other wordings, each of which has a prompt of its own; none without it. Planted questions are counted,
 * though a domain with an oracle does not ask them.
 */
function filterWork(config: RunConfig, planted: number, ask: (questions: number) => SamplingWork): Work[] {
  const { audit, iterations, votes } = config;
  if (audit.views === 0) return [];
  const sampling = [largestCurriculum(config), planted].flatMap((most) =>
    chunks(Math.min(audit.views, most), votes.chunk).map(ask),
  );
  return [{ stage: 'filter', times: iterations, models: 1, sampling, training: null }];
}

/** The settings of a completion, its mean tokens if they are known, and the tokens of the prompt before it. */
interface Prompted {
  section: { maxTokens: number };
  prompt: number;
  /** How many of them all prompts begin with. */
  shared: number;
  mean: number | null;
}

type Lengths = Pick<SamplingWork, 'promptTokens' | 'shared' | 'mean' | 'limit'>;

function lengthsOf({ section: { maxTokens }, prompt, shared, mean }: Prompted, { lengthShare }: Assumptions): Lengths {
  const limited = Math.min(mean ?? lengthShare * maxTokens, maxTokens);
  return { promptTokens: prompt, shared, mean: limited, limit: maxTokens };
}

function stepsOf({ challenger }: RunConfig): number {
  return challenger.train ? challenger.steps : 0;
}

/** Samples of the held-out test, and its greedy answers. */
function testWork({ evaluation }: RunConfig, assumed: Assumptions): SamplingWork[] {
  const { questions, samples, chunk, forced } = evaluation;
  const { solving: prompt, solvingShared: shared, answer: mean } = assumed;
  const lengths = lengthsOf({ section: evaluation, prompt, shared, mean }, assumed);
  const calls = (count: number): SamplingWork[] => [
    { ...lengths, calls: forced && assumed.forced ? 2 : 1, completions: count * samples, prompts: count },
    { ...lengths, calls: 1, completions: count, prompts: count },
  ];
  return chunks(questions, chunk).flatMap(calls);
}

function trainingWork(
  { klWeight, updates, importanceCorrection }: TrainingDials,
  size: Pick<TrainingWork, 'steps' | 'sequences'>,
  { promptTokens, mean }: Lengths,
  measures = 0,
): TrainingWork | null {
  if (size.steps === 0) return null;
  const before = updates > 1 && importanceCorrection !== 'bypass';
  const own = updates > 1 || importanceCorrection !== 'none';
  return {
    ...size,
    promptTokens,
    mean,
    updates,
    scorings: Number(klWeight > 0) + Number(before) + Number(own) + measures,
  };
}

/** The stages of the Verifier; none without one. */
function verifierStages(config: RunConfig, judging: Prompted, assumed: Assumptions): Work[] {
  const work = verifierWork(config);
  if (work === null) return [];
  const { iterations: times, verifier, votes } = config;
  const { steps, trained, checks } = work;
  const lengths = lengthsOf(judging, assumed);
  const size = { steps, sequences: trained * (checks?.trained ?? 1) };
  const checked: SamplingWork[] =
    checks === null ? [] : [{ ...lengths, calls: steps, completions: size.sequences, prompts: trained }];
  const training =
    checks === null
      ? { ...size, promptTokens: lengths.promptTokens, mean: 1, updates: 1, scorings: 0 }
      : trainingWork(verifier, size, lengths);
  const fresh: SamplingWork = {
    ...lengthsOf({ ...judging, section: votes, prompt: assumed.solving, shared: assumed.solvingShared }, assumed),
    calls: 1,
    completions: work.fresh,
    prompts: work.freshQuestions,
  };
  return [
    {
      stage: 'train-verifier',
      times,
      models: 1 + Number(checks !== null && verifier.klWeight > 0),
      sampling: checked,
      training: steps === 0 ? null : training,
    },
    {
      stage: 'verify',
      times,
      models: 3,
      sampling: [fresh, ...work.judged.map((count) => verdictWork(1, count, work, lengths))],
      training: null,
    },
  ];
}

/** The verdicts that pay the Solver. */
function paidWork(config: RunConfig, judging: Prompted, assumed: Assumptions): SamplingWork[] {
  const work = verifierWork(config);
  if (work === null || work.paid === 0) return [];
  return [verdictWork(config.solver.steps, work.paid, work, lengthsOf(judging, assumed))];
}

/** Scoring a one-token verdict costs about as much as a prompt of the same length. */
function verdictWork(calls: number, judged: number, { checks }: VerifierWork, lengths: Lengths): SamplingWork {
  return checks === null
    ? { ...lengths, calls, completions: judged, prompts: judged * SCORED_PER_VERDICT, mean: 1, limit: 1 }
    : { ...lengths, calls, completions: judged * checks.judged, prompts: judged };
}

/** Splits a number of questions into chunks. */
function chunks(questions: number, chunk: number): number[] {
  return Array.from({ length: Math.ceil(questions / chunk) }, (_, at) => Math.min(chunk, questions - at * chunk));
}

const FLOAT = 4;
/**
 * Each iteration keeps the newest state of every role: trained parameters and two moments each. The best is a copy
 * without moments.
 */
function diskBytes(config: RunConfig, trained: number, judging: number): number {
  const kept = (config.challenger.train ? 2 : 1) * trained + judging;
  return (config.iterations * kept * 3 + trained) * FLOAT;
}

/** Counts the trained parameters of the Verifier; 0 without one. */
function verifierParameters(config: RunConfig, decoder: DecoderConfig): number {
  if (!hasVerifier(config)) return 0;
  const adapt = adaptationOf(config, VERIFIER.name);
  return adapt.kind === 'full' ? parameterCount(decoder) : adapterParameters(decoder, adapt);
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
