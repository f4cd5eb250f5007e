/**
 * Supervised GRPO on labelled data: trains only the Solver, with the answers of the data as labels, and evaluates it
 * before and after. Uses the same stages and store as a co-evolution (`evolve.ts`), without Challenger and votes.
 */

import { isSupervised } from '../config/phases.ts';
import type { RunConfig } from '../config/schema.ts';
import { ConfigError } from '../errors.ts';
import { deriveSeed, Random } from '../random.ts';
import type { QuestionWithAnswer, LabelledQuestion, Question } from '../types.ts';
import { auditLabels, curriculumOf } from './4-filter.ts';
import { trainSolver } from './5-train-solver.ts';
import { evaluate, type Test } from './6-evaluate.ts';
import type { RunContext } from './context.ts';
import { labelMetrics } from './pool/label-metrics.ts';
import { admit, sameText } from './pool/questions.ts';
import { runSteps } from './cursor.ts';
import { explainNoData } from './run/summary.ts';
import { NO_VOTES } from './pool/voting.ts';

/** Name of the test made of the rows that are held out. */
export const DATA_TASK = 'data';

/**
 * Splits the data by seed into a training part and a held-out part of `finetune.heldOut` rows. Both keep their order.
 * @throws ConfigError if no row is left to train on
 */
export function splitData(
  data: readonly QuestionWithAnswer[],
  { finetune, seed }: Pick<RunConfig, 'finetune' | 'seed'>,
): { train: QuestionWithAnswer[]; test: QuestionWithAnswer[] } {
  if (isSupervised({ finetune }) && finetune.heldOut >= data.length) {
    throw new ConfigError(
      `finetune.heldOut = ${finetune.heldOut} leaves none of the ${data.length} rows to train on.`,
      data.length > 1
        ? `Set finetune.heldOut (--held-out) to at most ${data.length - 1}, or provide more data.`
        : 'Provide more data.',
    );
  }
  const order = new Random(deriveSeed(seed, 'data-held-out')).shuffle(data.map((_, at) => at));
  const aside = new Set(order.slice(0, finetune.heldOut));
  return {
    train: data.filter((_, at) => !aside.has(at)),
    test: data.filter((_, at) => aside.has(at)),
  };
}

/** Trains and evaluates. Returns '' on success, or the reason why no row could be used for training. */
export async function finetune(ctx: RunContext): Promise<string> {
  const { train, test } = splitData(ctx.data, ctx.config);
  const questions = test.map((one, at) => ({ id: `${DATA_TASK}-${at + 1}`, ...one }));
  const more: Test[] = questions.length === 0 ? [] : [{ task: DATA_TASK, questions }];
  await evaluate(ctx, { iteration: 0, solver: ctx.base, more });
  const labels = await keepLabels(ctx, train, test);
  const curriculum = curriculumOf(labels);
  if (curriculum.length === 0) return explainNoData(ctx);
  const solver = await trainSolver(ctx, { iteration: 1, start: ctx.base, curriculum });
  await evaluate(ctx, { iteration: 1, solver, more });
  return '';
}

/** Stores the data as labelled questions, in place of the filter. Drops test questions and, if configured, duplicates. */
async function keepLabels(
  ctx: RunContext,
  train: readonly QuestionWithAnswer[],
  test: readonly QuestionWithAnswer[],
): Promise<LabelledQuestion[]> {
  const body = async (): Promise<{ unit: { labels: LabelledQuestion[] }; metrics: Record<string, number> }> => {
    const aside = new Set(test.map(({ text }) => sameText(text)));
    const isHeldOut = (text: string): boolean =>
      aside.has(sameText(text)) || (ctx.domain.heldOut?.includes(text) ?? false);
    const known = { isHeldOut, earlier: [] };
    const questions = train.map(({ text, answer }, index) => questionOf(text, answer, index));
    const admissions = ctx.config.pool.dropDuplicates
      ? admit(questions, known)
      : questions.flatMap((question) => admit([question], known));
    const verdicts = admissions.map(({ question, dropped }) => ({
      question,
      tally: { ...NO_VOTES, label: question.claimed },
      dropped,
    }));
    const labels = await auditLabels(ctx, verdicts);
    return { unit: { labels }, metrics: labelMetrics(ctx, labels) };
  };
  const place = { iteration: 1, stage: 'filter', steps: 1, title: 'the labelled questions' } as const;
  await runSteps(ctx, place, body, () => labelMetrics(ctx, ctx.store.labels(1)));
  return ctx.store.labels(1);
}

/** Converts a row to a question. Its answer becomes the claimed answer. */
function questionOf(text: string, answer: string, index: number): Question {
  const id = `${DATA_TASK}-row-${index + 1}`;
  return { id, iteration: 1, origin: 'pool', step: 0, index, text, claimed: answer, completion: '', invalid: null };
}
