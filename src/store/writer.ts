import type { Attempt, EvalResult, LabelledQuestion, Metric, Question, RolloutGroup } from '../types.ts';
import { put, rows } from './database.ts';
import type { Database, Sql } from './database.ts';
import type { PartialResult } from './partials.ts';
import type { StepInputs } from './steps/step-record.ts';
import { floatBlob, tokenBlob } from './steps/token-blobs.ts';
import type { RunMeta, SessionEnd, Unit, WeightsRecord } from './store.ts';

export interface Writer {
  write(unit: Unit): void;
  writeMeta(meta: RunMeta): void;
  /** Returns the session's number. */
  beginSession(startedAt: string): number;
  endSession(number: number, endedAt: string, end: SessionEnd): void;
}

/**
 * Prepares the write statements of the store. `write(unit)` inserts or replaces all rows of a unit by primary key, so
 * writing a unit twice changes nothing. Call it inside a transaction.
 */
export function prepareWriter(database: Database): Writer {
  const sql = {
    meta: database.prepare('INSERT INTO run VALUES (1, ?, ?, ?, ?)'),
    cursor: database.prepare(upsert('cursor', ['one'], ['iteration', 'stage', 'step'])),
    question: database.prepare(
      upsert(
        'questions',
        ['id'],
        ['iteration', 'origin', 'step', 'position', 'text', 'claimed', 'completion', 'invalid'],
      ),
    ),
    attempt: database.prepare(
      upsert('attempts', ['question_id', 'position'], ['completion', 'vote', 'tokens', 'stop', 'wording']),
    ),
    label: database.prepare(
      upsert(
        'labels',
        ['question_id'],
        ['label', 'agreement', 'unanswered', 'attempts', 'tally', 'dropped', 'truth', 'label_correct'],
      ),
    ),
    dropGroup: database.prepare(
      'DELETE FROM rollout_groups WHERE role = ? AND iteration = ? AND step = ? AND group_index = ?',
    ),
    dropStep: database.prepare('DELETE FROM training_steps WHERE role = ? AND iteration = ? AND step = ?'),
    group: database.prepare('INSERT INTO rollout_groups VALUES (?, ?, ?, ?, ?, ?)'),
    rollout: database.prepare('INSERT INTO rollouts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    trained: database.prepare(
      upsert('training_steps', ['role', 'iteration', 'step'], ['settings', 'weights', 'reference']),
    ),
    tokens: database.prepare(
      upsert('rollout_tokens', ['role', 'iteration', 'step', 'group_index'], ['prompt', 'completions', 'logprobs']),
    ),
    metric: database.prepare(upsert('metrics', ['iteration', 'stage', 'step', 'name'], ['value'])),
    evaluation: database.prepare(
      upsert('evaluations', ['iteration', 'task'], ['mean', 'majority', 'greedy', 'forced', 'result']),
    ),
    partial: database.prepare(upsert('partials', ['iteration', 'stage', 'step'], ['json'])),
    weights: database.prepare(upsert('weights', ['role', 'iteration', 'step'], ['state'])),
    forget: database.prepare('DELETE FROM weights WHERE role = ? AND iteration = ?'),
    beginSession: database.prepare('INSERT INTO sessions (started_at) VALUES (?) RETURNING number'),
    endSession: database.prepare('UPDATE sessions SET ended_at = ?, outcome = ?, reason = ? WHERE number = ?'),
    summary: database.prepare(upsert('summary', ['one'], ['outcome', 'best', 'json'])),
    iterations: database.prepare("UPDATE run SET config = json_set(config, '$.iterations', ?)"),
    engine: database.prepare("UPDATE run SET config = json_set(config, '$.engine', json(?))"),
    dropSummary: database.prepare('DELETE FROM summary'),
  };

  const question = (q: Question): void => {
    put(sql.question, q.id, q.iteration, q.origin, q.step, q.index, q.text, q.claimed, q.completion, q.invalid);
  };
  const attempt = (a: Attempt): void => {
    put(sql.attempt, a.questionId, a.index, a.completion, a.vote, a.tokens, a.stop, a.wording ?? null);
  };
  const label = ({ question: asked, tally, dropped, truth, labelCorrect }: LabelledQuestion): void => {
    question(asked);
    const correct = labelCorrect === null ? null : Number(labelCorrect);
    const groups = JSON.stringify(tally.groups);
    put(
      sql.label,
      asked.id,
      tally.label,
      tally.agreement,
      tally.unanswered,
      tally.attempts,
      groups,
      dropped,
      truth,
      correct,
    );
  };
  const group = (g: RolloutGroup): void => {
    const key: Sql[] = [g.role, g.iteration, g.step, g.group];
    put(sql.dropGroup, ...key);
    put(sql.dropStep, g.role, g.iteration, g.step);
    put(sql.group, ...key, g.prompt, g.label);
    g.rollouts.forEach((r, position) => {
      put(
        sql.rollout,
        ...key,
        position,
        r.completion,
        r.tokens,
        r.stop,
        r.reward,
        JSON.stringify(r.parts),
        r.advantage,
      );
    });
  };
  const trained = ({ role, iteration, step, settings, weights: before, reference, groups }: StepInputs): void => {
    const key: Sql[] = [role, iteration, step];
    const jsonOf = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
    put(sql.trained, ...key, jsonOf(settings), jsonOf(before), jsonOf(reference));
    groups.forEach(({ prompt, completions }, at) => {
      const [tokens, logprobs] = [completions.map((one) => one.tokens), completions.map((one) => one.logprobs)];
      put(sql.tokens, ...key, at, tokenBlob([prompt]), tokenBlob(tokens), floatBlob(logprobs));
    });
  };
  const metric = (m: Metric): void => {
    put(sql.metric, m.iteration, m.stage, m.step, m.name, m.value);
  };
  const evaluation = (e: EvalResult): void => {
    const forced = e.forced?.value ?? null;
    put(sql.evaluation, e.iteration, e.task, e.mean.value, e.majority.value, e.greedy.value, forced, JSON.stringify(e));
  };
  const partial = (p: PartialResult): void => {
    put(sql.partial, p.iteration, p.stage, p.step, p.json);
  };
  const weights = (w: WeightsRecord): void => {
    put(sql.weights, w.role, w.iteration, w.step, w.state);
  };

  const iterations = (count: number): void => {
    put(sql.iterations, count);
    put(sql.dropSummary);
  };

  return {
    beginSession: (startedAt) => rows<{ number: number }>(sql.beginSession, startedAt)[0].number,
    endSession: (number, endedAt, { outcome, reason }) => put(sql.endSession, endedAt, outcome, reason, number),
    writeMeta: (meta) => {
      put(sql.meta, meta.id, meta.createdAt, meta.version, JSON.stringify(meta.config));
    },
    write: (unit) => {
      unit.questions?.forEach(question);
      unit.labels?.forEach(label);
      unit.attempts?.forEach(attempt);
      unit.rollouts?.forEach(group);
      if (unit.trained) trained(unit.trained);
      unit.metrics?.forEach(metric);
      if (unit.evaluation) evaluation(unit.evaluation);
      unit.partials?.forEach(partial);
      if (unit.iterations !== undefined) iterations(unit.iterations);
      if (unit.engine !== undefined) put(sql.engine, JSON.stringify(unit.engine));
      if (unit.forget) put(sql.forget, unit.forget.role, unit.forget.iteration);
      if (unit.weights) weights(unit.weights);
      if (unit.summary) put(sql.summary, 1, unit.summary.outcome, unit.summary.best, JSON.stringify(unit.summary));
      put(sql.cursor, 1, unit.cursor.iteration, unit.cursor.stage, unit.cursor.step);
    },
  };
}

function upsert(table: string, key: readonly string[], rest: readonly string[]): string {
  const columns = [...key, ...rest];
  const marks = columns.map(() => '?').join(', ');
  const updates = rest.map((column) => `${column} = excluded.${column}`).join(', ');
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks}) ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updates}`;
}
