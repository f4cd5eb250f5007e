/**
 * Forecasts what a run asks of a service: requests, tokens, and time and cost where rates and prices are known. Upper
 * bounds: every question is valid and every step runs. Pure; nothing here contacts a service.
 */

import { largestCurriculum } from '../../config/dials/pool-dials.ts';
import { splitVotes } from '../../config/dials/view-dials.ts';
import { isSupervised, trainsChallenger } from '../../config/phases.ts';
import type { EngineConfig, RunConfig, TrainingDials } from '../../config/schema.ts';
import type { Stage } from '../../types.ts';
import { SCORED_PER_VERDICT, verifierWork, type VerifierWork } from '../forecast-verifier.ts';

/** Assumptions about texts, in tokens. */
export interface ServiceAssumptions {
  /** Prompt of the Challenger, and mean prompt of a question to the Solver. */
  posing: number;
  solving: number;
  /** Mean length of a Challenger's completion and of an answer; never more than the share of their limit. */
  question: number;
  answer: number;
  lengthShare: number;
  /** Whether the domain can force worked solutions. */
  forced: boolean;
  /** Sequences per training request. */
  chunk: number;
}

/** Work of a stage over the whole run, or of an iteration. */
export interface ServiceWork {
  requests: number;
  sampled: number;
  prefilled: number;
  /** Tokens of forward and backward passes. */
  trained: number;
}

export interface ServiceStage extends ServiceWork {
  stage: Stage;
  /** Number of times the stage runs. */
  times: number;
}

export interface ServiceForecast {
  stages: ServiceStage[];
  /** Stages 1 to 6 once. */
  iteration: ServiceWork;
  total: ServiceWork;
}

/** Returns the work of a run by stage. */
export function forecastService(config: RunConfig, assumed: ServiceAssumptions): ServiceForecast {
  const stages = stagesOf(config, assumed).filter(({ times }) => times > 0);
  const perTime = stages.filter(({ stage }) => stage !== 'baseline').map((one) => scaled(one, 1 / one.times));
  return { stages, iteration: sum(perTime), total: sum(stages) };
}

/** Seconds that the work takes at the given rates; null if a rate that it needs is not known. */
export function secondsOf(work: ServiceWork, { sampled, prefilled, trained }: ServiceRates): number | null {
  const needed = [
    [work.sampled, sampled],
    [work.trained, trained],
  ];
  if (needed.some(([tokens, rate]) => tokens > 0 && rate === 0)) return null;
  const prefill = prefilled === 0 ? 0 : work.prefilled / prefilled;
  return needed.reduce((total, [tokens, rate]) => total + (tokens === 0 ? 0 : tokens / rate), prefill);
}

/** Cost of the work at the configured prices; null without prices. */
export function costOf(work: ServiceWork, { sampled, prefilled, trained }: Prices): number | null {
  if (sampled === 0 && prefilled === 0 && trained === 0) return null;
  return (work.sampled * sampled + work.prefilled * prefilled + work.trained * trained) / 1e6;
}

type ServiceConfig = Extract<EngineConfig, { kind: 'tinker' }>;
export type Prices = ServiceConfig['price'];
/** Tokens per second; 0 = unknown. */
export type ServiceRates = ServiceConfig['rates'];

function stagesOf(config: RunConfig, assumed: ServiceAssumptions): ServiceStage[] {
  const { challenger, pool, votes, solver, evaluation, audit } = config;
  const evolving = isSupervised(config) ? 0 : config.iterations;
  const planted = typeof audit.planted === 'number' ? audit.planted : 0;
  const viewed = Math.min(audit.views, largestCurriculum(config)) + Math.min(audit.views, planted);
  const question = (section: { maxTokens: number }): number => lengthOf(section, assumed.question, assumed);
  const answer = (section: { maxTokens: number }): number => lengthOf(section, assumed.answer, assumed);
  const asks = (requests: number, n: number, tokens: number, prompt: number): ServiceWork => ({
    requests,
    sampled: requests * n * tokens,
    prefilled: requests * prompt,
    trained: 0,
  });
  const voting = (questions: number, count: number): ServiceWork => {
    const { own, wordings } = splitVotes(count, config);
    const prompts = Math.min(1, own) + wordings;
    // The wordings of a question are asked of the Challenger in one request.
    const asked = votes.viewsFrom === 'challenger' && wordings > 0 ? questions : 0;
    return sum([
      asks(asked, wordings, question(pool), assumed.solving),
      asks(questions * prompts, count / prompts, answer(votes), assumed.solving),
    ]);
  };
  const stage = (name: Stage, times: number, ...parts: ServiceWork[]): ServiceStage => ({
    stage: name,
    times,
    ...scaled(sum(parts), times),
  });
  const { samples, forced } = evaluation;
  const passes = forced && assumed.forced ? 2 : 1;
  const test = [
    asks(evaluation.questions * passes, samples, answer(evaluation), assumed.solving),
    asks(evaluation.questions, 1, answer(evaluation), assumed.solving),
  ];
  const posed = trainsChallenger(config) ? challenger.steps : 0;
  const judged = verifierWork(config);
  const prompt = assumed.solving + answer(votes);
  const check = answer(config.verifier);
  const verdicts = ({ checks }: VerifierWork, count: number): ServiceWork =>
    checks === null ? asks(count * SCORED_PER_VERDICT, 1, 1, prompt) : asks(count, checks.judged, check, prompt);
  const learning = ({ steps, trained, checks }: VerifierWork): ServiceWork =>
    checks === null
      ? training({ ...config.verifier, ...ONE_PASS }, steps, trained, prompt + 1, assumed)
      : sum([
          asks(steps * trained, checks.trained, check, prompt),
          training(config.verifier, steps, trained * checks.trained, prompt + check, assumed),
        ]);
  return [
    stage('baseline', 1, ...test),
    stage(
      'train-challenger',
      evolving,
      asks(posed * challenger.groups, challenger.groupSize, question(challenger), assumed.posing),
      voting(posed * challenger.groups * challenger.groupSize, challenger.votes),
      training(
        challenger,
        posed,
        challenger.groups * challenger.groupSize,
        assumed.posing + question(challenger),
        assumed,
      ),
    ),
    stage('propose', evolving, asks(pool.questions, 1, question(pool), assumed.posing)),
    stage('vote', evolving, voting(pool.questions + planted, votes.count)),
    stage('train-verifier', judged === null ? 0 : evolving, ...(judged === null ? [] : [learning(judged)])),
    stage(
      'verify',
      judged === null ? 0 : evolving,
      ...(judged === null
        ? []
        : [
            asks(judged.freshQuestions, judged.fresh / judged.freshQuestions, answer(votes), assumed.solving),
            asks(judged.fresh, 1, 1, assumed.solving + answer(votes)),
            verdicts(
              judged,
              judged.judged.reduce((total, count) => total + count, 0),
            ),
          ]),
    ),
    // Each vote of the audit by other wordings has a prompt of its own.
    stage('filter', audit.views > 0 ? evolving : 0, asks(viewed * votes.count, 1, answer(votes), assumed.solving)),
    stage(
      'train-solver',
      config.iterations,
      asks(solver.steps * solver.prompts, solver.groupSize, answer(solver), assumed.solving),
      ...(judged === null ? [] : [verdicts(judged, solver.steps * judged.paid)]),
      training(solver, solver.steps, solver.prompts * solver.groupSize, assumed.solving + answer(solver), assumed),
    ),
    stage('evaluate', config.iterations, ...test),
  ];
}

function lengthOf({ maxTokens }: { maxTokens: number }, mean: number, { lengthShare }: ServiceAssumptions): number {
  return Math.min(lengthShare * maxTokens, mean);
}

/** One-token verdicts are trained without a reference, by one update of constant coefficients. */
const ONE_PASS = { klWeight: 0, updates: 1, importanceCorrection: 'none' } as const;

/** Requests of a step for saving the state, and for publishing the policy and removing what was published. */
const SAVES = 2;
const PUBLISHES = 3;

/**
 * The passes of the training steps of a phase: the backward pass; a forward pass before it where the coefficients need
 * the trainer's log-probabilities; another before several updates. The reference scores every sequence as a prompt.
 */
function training(
  dials: TrainingDials,
  steps: number,
  sequences: number,
  tokens: number,
  { chunk }: ServiceAssumptions,
): ServiceWork {
  if (steps === 0) return NOTHING;
  const several = dials.updates > 1;
  const fresh = several || dials.importanceCorrection !== 'none';
  const before = several && dials.importanceCorrection !== 'bypass' ? 1 : 0;
  const passes = 1 + (fresh ? 1 : 0) + before;
  const perUpdate = Math.ceil(sequences / dials.updates / chunk) * (fresh ? 2 : 1);
  const scored = dials.klWeight > 0 ? steps * sequences : 0;
  const own = dials.updates * (perUpdate + 1) + before * Math.ceil(sequences / chunk) + SAVES + PUBLISHES;
  return {
    requests: steps * own + scored,
    sampled: scored,
    prefilled: scored * tokens,
    trained: steps * sequences * tokens * passes,
  };
}

const NOTHING: ServiceWork = { requests: 0, sampled: 0, prefilled: 0, trained: 0 };

function sum(parts: readonly ServiceWork[]): ServiceWork {
  return parts.reduce(
    (total, part) => ({
      requests: total.requests + part.requests,
      sampled: total.sampled + part.sampled,
      prefilled: total.prefilled + part.prefilled,
      trained: total.trained + part.trained,
    }),
    NOTHING,
  );
}

function scaled({ requests, sampled, prefilled, trained }: ServiceWork, by: number): ServiceWork {
  return { requests: requests * by, sampled: sampled * by, prefilled: prefilled * by, trained: trained * by };
}
