/** Reads the held-out test with the votes of every iteration, as the stage `evaluate` stored them. */

import { canonicalKey } from '../../answers/compare/equal.ts';
import type { HeldOutQuestion } from '../../domains/domain.ts';
import type { QuestionScore } from '../../eval/runner.ts';
import { taskScores } from '../../loop/partials.ts';
import { moduleLabel } from '../../modules.ts';
import type { RunStore } from '../../store/store.ts';
import { builtInDomain } from './read-run.ts';
import type { HeldOutMoment, HeldOutRow, HeldOutView } from './types.ts';

/** Reads the held-out questions of a run, in test order. An iteration that is evaluated now has part of them. */
export function readHeldOut(store: Pick<RunStore, 'meta' | 'cursor' | 'partials'>): HeldOutView {
  const { config } = store.meta();
  const last = Math.max(config.iterations, store.cursor().iteration);
  const known = new Map(
    questionsOf(config.evaluation.questions, config).map((question) => [question.id, question] as const),
  );
  const found = new Map<string, HeldOutRow>();
  const iterations: number[] = [];
  for (let iteration = 0; iteration <= last; iteration++) {
    const scores = store
      .partials(taskScores(iteration === 0 ? 'baseline' : 'evaluate', null), iteration)
      .flatMap(({ value }) => value);
    if (scores.length > 0) iterations.push(iteration);
    for (const score of scores) {
      const row = found.get(score.id) ?? newRow(score.id, known.get(score.id));
      row.moments.push(momentOf(iteration, score));
      found.set(score.id, row);
    }
  }
  return { task: moduleLabel(config.domain), iterations, rows: [...found.values()] };
}

function questionsOf(count: number, config: { domain: string }): readonly HeldOutQuestion[] {
  return count > 0 ? (builtInDomain(config)?.heldOut?.questions(count) ?? []) : [];
}

function newRow(id: string, question: HeldOutQuestion | undefined): HeldOutRow {
  return { id, text: question?.text ?? null, answer: question?.answer ?? null, moments: [] };
}

/** Groups the votes of one evaluation. A group is right if one of its votes was scored as right. */
export function momentOf(iteration: number, { votes, sampled, majority, greedy }: QuestionScore): HeldOutMoment {
  const groups = new Map<string, HeldOutMoment['groups'][number]>();
  for (const [at, vote] of votes.entries()) {
    const key = vote === null ? null : canonicalKey(vote);
    if (vote === null || key === null) continue;
    const group = groups.get(key) ?? { answer: vote, count: 0, right: false };
    group.count++;
    group.right ||= sampled[at] === 1;
    groups.set(key, group);
  }
  const ordered = [...groups.values()].toSorted((a, b) => Number(b.right) - Number(a.right) || b.count - a.count);
  const answered = ordered.reduce((sum, { count }) => sum + count, 0);
  return {
    iteration,
    groups: ordered,
    unanswered: votes.length - answered,
    attempts: votes.length,
    score: votes.length === 0 ? 0 : sampled.reduce((sum, score) => sum + score, 0) / votes.length,
    majority: majority === 1,
    greedy: greedy === 1,
  };
}
