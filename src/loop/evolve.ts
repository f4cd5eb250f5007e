/**
 * START HERE. R-Zero from beginning to end: one base model becomes a Challenger and a Solver that take
 * turns. The numbered files are the stages in the paper's order, each a function from artifact to artifact;
 * `cursor.ts` says how a run continues after a stop or a kill. Nothing here samples, trains or computes.
 */

import type { RunSummary } from '../events.ts';
import type { LabelledQuestion } from '../types.ts';
import { trainChallenger } from './1-train-challenger.ts';
import { propose } from './2-propose.ts';
import { vote } from './3-vote.ts';
import { asksForMore, curriculumOf, filter } from './4-filter.ts';
import { trainSolver } from './5-train-solver.ts';
import { evaluate } from './6-evaluate.ts';
import type { RunContext } from './context.ts';
import { type Evolution, startEvolution } from './run/handle.ts';
import { finetune, isSupervised } from './finetune.ts';
import { type EvolveOptions, openNewRun, openOldRun, type OpenRun, type ResumeOptions } from './run/open-run.ts';
import { endingNotice, RunEnded } from './watch/notices.ts';
import { committedSteps, StopRequested } from './cursor.ts';
import { explainTooFew, summarizeIteration, summarizeRun } from './run/summary.ts';
import { keepBest, sweepStates, weightsAfter } from './training/weights.ts';

export type { Evolution } from './run/handle.ts';
export type { EvolveOptions, ResumeOptions } from './run/open-run.ts';

/** Starts a new run. Errors (config, model, engine, store) reject `result` and end the iterator. */
export function evolve(options: EvolveOptions = {}): Evolution {
  return startEvolution((publish, stop) => lead(openNewRun(options, { publish, stop })));
}

/** Continues the run in `dir` after its last committed step. It ends as an undisturbed run does, bit for bit. */
export function resume(dir: string, options: ResumeOptions = {}): Evolution {
  return startEvolution((publish, stop) => lead(openOldRun(dir, options, { publish, stop })));
}

/** The algorithm. Stages behind the cursor give back what they committed. */
async function play(ctx: RunContext): Promise<RunSummary> {
  await evaluate(ctx, { iteration: 0, solver: ctx.base });
  for (let iteration = Math.max(1, ctx.store.cursor().iteration); iteration <= ctx.config.iterations; iteration++) {
    if (ctx.store.cursor().stage === 'done') break;
    const oldSolver = weightsAfter(ctx, 'solver', iteration - 1);
    const oldChallenger = weightsAfter(ctx, 'challenger', iteration - 1);

    const challenger = await trainChallenger(ctx, { iteration, start: oldChallenger, solver: oldSolver });
    // A shared model votes, and learns next, with the weights that the Challenger's phase ended with.
    const solverNow = ctx.config.weights === 'shared' ? challenger : oldSolver;
    let labels: LabelledQuestion[];
    do {
      const pool = await propose(ctx, { iteration, challenger });
      const tallies = await vote(ctx, { iteration, pool, solver: solverNow });
      labels = await filter(ctx, { iteration, pool, tallies });
      // With too few questions stage 4 may send the run back for more.
    } while (asksForMore(ctx, iteration));
    const curriculum = curriculumOf(labels);
    const isTrained = committedSteps(ctx, iteration, 'train-solver') === Infinity;
    if (!isTrained && curriculum.length < ctx.config.filter.minQuestions) {
      return finish(ctx, 'too-few-questions', explainTooFew(ctx, iteration));
    }
    // A pool that was rolled back took the Challenger's phase with it, and so the start of a shared model.
    const start = isTrained ? weightsAfter(ctx, 'solver', iteration) : solverNow;
    const solver = await trainSolver(ctx, { iteration, start, curriculum });
    await evaluate(ctx, { iteration, solver });

    const summary = summarizeIteration(ctx, iteration);
    if (summary !== null) ctx.emit({ type: 'iteration-end', summary });
  }
  return finish(ctx, 'finished', '');
}

/** Training on known answers instead of an evolution (`rzero finetune`): the Solver's stage alone. */
async function playOnAnswers(ctx: RunContext): Promise<RunSummary> {
  const explanation = await finetune(ctx);
  return finish(ctx, explanation === '' ? 'finished' : 'too-few-questions', explanation);
}

async function finish(ctx: RunContext, outcome: RunSummary['outcome'], explanation: string): Promise<RunSummary> {
  const summary = await summarizeRun(ctx, outcome, explanation);
  await keepBest(ctx, summary.best);
  const { iteration } = ctx.store.cursor();
  ctx.store.commit({ cursor: { iteration, stage: 'done', step: 0 }, summary });
  return summary;
}

/** Plays an opened run to its end, however it ends, and closes it. */
async function lead(opening: Promise<OpenRun>): Promise<RunSummary> {
  const { ctx, close } = await opening;
  try {
    const summary = ctx.store.summary() ?? (await playOrStop(ctx));
    ctx.emit({ type: 'run-end', summary });
    return summary;
  } finally {
    await close();
  }
}

async function playOrStop(ctx: RunContext): Promise<RunSummary> {
  try {
    await sweepStates(ctx);
    const ending = endingNotice(ctx.store);
    if (ending !== undefined) throw new RunEnded(ending);
    return await (isSupervised(ctx.config) ? playOnAnswers(ctx) : play(ctx));
  } catch (error) {
    if (error instanceof RunEnded) return finish(ctx, 'collapsed', error.message);
    if (!(error instanceof StopRequested)) throw error;
    return summarizeRun(ctx, 'stopped', '');
  }
}
