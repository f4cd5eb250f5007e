/**
 * START HERE. The R-Zero algorithm (arXiv 2508.05004): one base model becomes a Challenger and a Solver, which train
 * in turns. The numbered files are the stages in the paper's order. Each is a function from its inputs to its result.
 * `cursor.ts` resumes a run after a stop or a crash. This file only calls the stages.
 */

import { isSupervised } from '../config/phases.ts';
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
import { finetune } from './finetune.ts';
import { evolveOpen } from './open/evolve-open.ts';
import { type EvolveOptions, openNewRun, openOldRun, type OpenRun, type ResumeOptions } from './run/open-run.ts';
import { BudgetSpent } from './remote/budget.ts';
import { exportBest } from './remote/export-best.ts';
import { endingNotice, RunEnded } from './watch/notices.ts';
import { withLowerRates } from './watch/only-new-run.ts';
import { committedSteps, isStop } from './cursor.ts';
import { runSession } from './run/session.ts';
import { explainTooFew, summarizeIteration, summarizeRun } from './run/summary.ts';
import { sweepStates, weightsAfter } from './training/weights.ts';
import { judgeVotes } from './verifier/judge-votes.ts';

export type { Evolution } from './run/handle.ts';
export type { EvolveOptions, ResumeOptions } from './run/open-run.ts';

/** Starts a new run. Errors (config, model, engine, store) reject `result` and are thrown by the iterator. */
export function evolve(options: EvolveOptions = {}): Evolution {
  return startEvolution((publish, stop) => runToEnd(openNewRun(options, { publish, stop })));
}

/** Continues the run in `dir` after its last committed step. The result is bit-identical to an uninterrupted run. */
export function resume(dir: string, options: ResumeOptions = {}): Evolution {
  return startEvolution((publish, stop) => runToEnd(openOldRun(dir, options, { publish, stop })));
}

/** Runs all iterations. A stage that was committed before returns its stored result. */
async function coEvolve(ctx: RunContext): Promise<RunSummary> {
  await evaluate(ctx, { iteration: 0, solver: ctx.base });
  for (let iteration = Math.max(1, ctx.store.cursor().iteration); iteration <= ctx.config.iterations; iteration++) {
    if (ctx.store.cursor().stage === 'done') break;
    const oldSolver = weightsAfter(ctx, 'solver', iteration - 1);
    const oldChallenger = weightsAfter(ctx, 'challenger', iteration - 1);

    const challenger = await trainChallenger(ctx, { iteration, start: oldChallenger, solver: oldSolver });
    // A shared model votes and continues training with the weights of the Challenger's phase.
    const solverNow = ctx.config.weights === 'shared' ? challenger : oldSolver;
    let labels: LabelledQuestion[];
    do {
      const pool = await propose(ctx, { iteration, challenger });
      const votes = await vote(ctx, { iteration, pool, solver: solverNow, challenger });
      const voted = await judgeVotes(ctx, { iteration, pool, ...votes }, solverNow);
      labels = await filter(ctx, { ...voted, solver: solverNow });
      // Stage 4 may ask for more questions (filter.tooFew).
    } while (asksForMore(ctx, iteration));
    const curriculum = curriculumOf(labels);
    const isTrained = committedSteps(ctx, iteration, 'train-solver') === Infinity;
    if (!isTrained && curriculum.length < ctx.config.filter.minQuestions) {
      return finish(ctx, 'too-few-questions', explainTooFew(ctx, iteration));
    }
    // A rollback in stage 4 removes the Challenger's states, which `solverNow` may refer to: look the weights up again.
    const start = isTrained ? weightsAfter(ctx, 'solver', iteration) : solverNow;
    const solver = await trainSolver(ctx, { iteration, start, curriculum });
    await evaluate(ctx, { iteration, solver });

    const summary = summarizeIteration(ctx, iteration);
    if (summary !== null) ctx.emit({ type: 'iteration-end', summary });
  }
  return finish(ctx, 'finished', '');
}

/** Runs the loop for tasks without a right answer, or supervised training (`rzero finetune`). */
async function runOther(ctx: RunContext, work: (ctx: RunContext) => Promise<string>): Promise<RunSummary> {
  const explanation = await work(ctx);
  return finish(ctx, explanation === '' ? 'finished' : 'too-few-questions', explanation);
}

async function finish(ctx: RunContext, outcome: RunSummary['outcome'], explanation: string): Promise<RunSummary> {
  const summary = await summarizeRun(ctx, outcome, explanation);
  await exportBest(ctx, summary.best);
  const { iteration } = ctx.store.cursor();
  ctx.store.commit({ cursor: { iteration, stage: 'done', step: 0 }, summary });
  return summary;
}

/** Runs an opened run until it finishes, stops or fails, and closes it. */
async function runToEnd(opening: Promise<OpenRun>): Promise<RunSummary> {
  const { ctx, close } = await opening;
  try {
    return await runSession(ctx, async () => ctx.store.summary() ?? (await runOrStop(ctx)));
  } catch (error) {
    // A failure while closing is a consequence of this one.
    await close().catch(() => undefined);
    throw error;
  } finally {
    await close();
  }
}

async function runOrStop(ctx: RunContext): Promise<RunSummary> {
  try {
    await sweepStates(ctx);
    const ending = endingNotice(ctx.store);
    if (ending !== undefined) throw new RunEnded(ending);
    if (isSupervised(ctx.config)) return await runOther(ctx, finetune);
    return await (ctx.domain.kind === 'open' ? runOther(ctx, evolveOpen) : coEvolve(ctx));
  } catch (error) {
    if (error instanceof RunEnded) return finish(ctx, 'collapsed', error.message);
    if (error instanceof BudgetSpent) {
      return { ...(await summarizeRun(ctx, 'stopped', error.message)), budgetSpent: error.limit };
    }
    if (!isStop(error, ctx.stop)) throw withLowerRates(error, ctx);
    // What is not there any more cannot be continued.
    ctx.store.check();
    return summarizeRun(ctx, 'stopped', '');
  }
}
