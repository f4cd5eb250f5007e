/**
 * The loop for tasks without a right answer: the stages of `../evolve.ts` in the same order, with the same store and cursor.
 * Scores or hints stand in for votes (`open.signal`); docs/adr/0053 has the table of both. This file only calls the stages.
 */

import { propose } from '../2-propose.ts';
import { curriculumOf } from '../4-filter.ts';
import type { RunContext } from '../context.ts';
import { committedSteps } from '../cursor.ts';
import { explainTooFew } from '../run/summary.ts';
import { weightsAfter } from '../training/weights.ts';
import { filterTasks } from './filter-tasks.ts';
import { measureTasks } from './measure-tasks.ts';
import { respond } from './respond.ts';
import { trainHinter } from './train-hinter.ts';
import { trainOnHints } from './train-on-hints.ts';
import { trainOnScores } from './train-on-scores.ts';
import { trainPoser } from './train-poser.ts';

/** Runs all iterations. Returns '' at the end, or why too few tasks are left. */
export async function evolveOpen(ctx: RunContext): Promise<string> {
  const hasHints = ctx.config.open.signal === 'hints';
  await measureTasks(ctx, { iteration: 0, solver: ctx.base });
  for (let iteration = Math.max(1, ctx.store.cursor().iteration); iteration <= ctx.config.iterations; iteration++) {
    if (ctx.store.cursor().stage === 'done') break;
    const oldSolver = weightsAfter(ctx, 'solver', iteration - 1);
    const poser = { iteration, start: weightsAfter(ctx, 'challenger', iteration - 1), solver: oldSolver };
    const challenger = hasHints
      ? await trainHinter(ctx, { ...poser, responses: ctx.config.votes })
      : await trainPoser(ctx, poser);
    const solverNow = ctx.config.weights === 'shared' ? challenger : oldSolver;

    const pool = await propose(ctx, { iteration, challenger });
    await respond(ctx, { iteration, pool, solver: solverNow });
    const curriculum = curriculumOf(await filterTasks(ctx, { iteration, pool }));
    const isTrained = committedSteps(ctx, iteration, 'train-solver') === Infinity;
    if (!isTrained && curriculum.length < ctx.config.filter.minQuestions) return explainTooFew(ctx, iteration);
    // A rollback of the filter removes the Challenger's states, which `solverNow` may refer to.
    const start = isTrained ? weightsAfter(ctx, 'solver', iteration) : solverNow;
    const plan = { iteration, start, curriculum };
    const solver = hasHints ? await trainOnHints(ctx, plan) : await trainOnScores(ctx, plan);
    await measureTasks(ctx, { iteration, solver });
  }
  return '';
}
