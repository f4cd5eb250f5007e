/**
 * Stage 3 of an open domain: the frozen Solver responds to every admitted task of the pool. With scores, scorers rate
 * `votes.count` responses. With hints, one response is sampled without the hint and one after it, and δ is measured. A chunk
 * of tasks with its scores is one commit, so that no scorer is asked twice.
 */

import type { Sampler, WeightsRef } from '../../engine/engine.ts';
import { createFlow, type Flow } from '../../engine/flow/flow.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { withHint } from '../../domains/parse-task.ts';
import { deriveSeed } from '../../random.ts';
import { partialResult } from '../../store/partials.ts';
import type { Question } from '../../types.ts';
import { lookAhead } from '../ahead.ts';
import { type CallContext, type RunContext, reporting, type StepPlace } from '../context.ts';
import { chunkCount, chunkOf, runSteps, type StepOutcome } from '../cursor.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { openOnce } from '../open-once.ts';
import type { Admission } from '../pool/questions.ts';
import { hintedTasks, type HintedQuestion, hintPrompts, shiftsOf } from './hint-shifts.ts';
import { HINTED_PAIRS, type HintedPair, SCORED_TASKS, type ScoredTask } from './partials.ts';
import { sampleResponses, storedResponses } from './responses.ts';
import { type OpenScorers, openScorers } from './scorers.ts';

/** Responds to the pool, and stores responses with their scores or shifts. */
export async function respond(
  ctx: RunContext,
  from: { iteration: number; pool: readonly Admission[]; solver: WeightsRef },
): Promise<void> {
  const { iteration } = from;
  const { votes, open } = ctx.config;
  const hasHints = open.signal === 'hints';
  const admitted = from.pool.flatMap(({ question, dropped }) => (dropped === null ? [question] : []));
  const steps = chunkCount(admitted.length, votes.chunk);
  const flow = createFlow(ctx.engine);
  const solver = openOnce(() => ctx.engine.openSampler(from.solver, { role: 'solver' }));
  const scorers = openScorers(ctx);
  const ahead = lookAhead(ctx, {
    flow,
    completions: (step) => chunkOf(admitted, votes.chunk, step).length * (hasHints ? 2 : votes.count),
    async work(calls, place): Promise<StepOutcome> {
      const chunk = chunkOf(admitted, votes.chunk, place.step);
      const tools = { flow, solver: await solver.get(), scorers };
      return hasHints
        ? pairUp({ ...ctx, ...calls }, tools, place, chunk)
        : rate({ ...ctx, ...calls }, tools, place, chunk);
    },
  });
  const title = hasHints
    ? 'Solver responds with and without the hints'
    : 'Solver responds to them, and scorers rate it';
  try {
    await runSteps(ctx, { iteration, stage: 'vote', steps, title }, ahead.take, () => ({}));
  } finally {
    await ahead.stop();
    await solver.close();
    await scorers.close();
  }
}

interface Tools {
  flow: Flow;
  solver: Sampler;
  scorers: OpenScorers;
}

async function rate(
  ctx: RunContext & CallContext,
  { flow, solver, scorers }: Tools,
  place: StepPlace,
  questions: readonly Question[],
): Promise<StepOutcome> {
  const { seed, votes } = ctx.config;
  const sampled = await sampleResponses(ctx, {
    flow,
    solver,
    tasks: questions.map(({ id, text }) => ({ text, seed: deriveSeed(seed, 'respond', id) })),
    count: votes.count,
    settings: votes,
    ctl: reporting(ctx, place, 'responses'),
  });
  const groups = sampled.map(({ group }) => group);
  const scored = await scorers.score(groups, solver, reporting(ctx, place, 'scores'));
  const tasks = questions.map(({ id }, at): ScoredTask => ({
    id,
    scores: Object.fromEntries(scored.map(({ name, scores }) => [name, [...scores[at]]])),
  }));
  return {
    unit: {
      attempts: sampled.flatMap(({ completions }, at) => storedResponses(ctx, questions[at].id, completions)),
      partials: [partialResult(SCORED_TASKS, place, tasks)],
    },
    metrics: metricsOf(
      'pool/scores/',
      Object.fromEntries(scored.map(({ name, scores }) => [name, meanOf(scores.flat())])),
    ),
  };
}

async function pairUp(
  ctx: RunContext & CallContext,
  { flow, solver }: Tools,
  place: StepPlace,
  questions: readonly Question[],
): Promise<StepOutcome> {
  const { seed, votes } = ctx.config;
  const tasks = hintedTasks(ctx, questions, votes);
  const ctl = reporting(ctx, place, 'responses');
  const plain = await shiftsOf(ctx, { flow, solver, tasks, settings: votes, ctl });
  const requests = tasks.map((task) => ({
    prompt: hintPrompts(ctx, task).hinted,
    n: 1,
    seed: deriveSeed(seed, 'respond-hinted', task.question.id),
    ...samplingOptions(votes),
    ...ctx.tokenizer.ends,
  }));
  const hinted = requests.length === 0 ? [] : await flow.each(solver, requests, ctl, ([response]) => response);
  const pairs = plain.map(({ question, hint, shift, response }, at): HintedPair => ({
    id: question.id,
    shift,
    prompt: Array.from(hintPrompts(ctx, { question, hint }).plain),
    chosen: Array.from(hinted[at].tokens),
    rejected: Array.from(response.tokens),
  }));
  return {
    unit: {
      attempts: plain.flatMap(({ question, hint, response }, at) => [
        ...storedResponses(ctx, question.id, [response]),
        ...storedResponses(ctx, question.id, [hinted[at]], { index: 1, wording: hintedText({ question, hint }) }),
      ]),
      partials: [partialResult(HINTED_PAIRS, place, pairs)],
    },
    metrics: metricsOf('pool/', { shift: meanOf(pairs.flatMap(({ shift }) => shift ?? [])) }),
  };
}

/** Returns a task with its hint in one text, by which the store knows a hinted response. */
function hintedText({ question, hint }: HintedQuestion): string {
  return withHint(question.text, hint);
}
