import { configSchema } from '../config/schema.ts';
import { StoreError } from '../errors.ts';
import type { RunSummary } from '../events.ts';
import { describeIssue } from '../text/expectation.ts';
import type { Cursor, EvalResult, Metric, RolloutGroup } from '../types.ts';
import { rows } from './database.ts';
import type { Database, Sql } from './database.ts';
import { readPartial } from './partials.ts';
import { toAttempt, toGroup, toLabelled, toQuestion, toSession, toStep } from './rows.ts';
import type {
  AttemptRow,
  GroupRow,
  LabelRow,
  QuestionRow,
  RolloutRow,
  SessionRow,
  StepRow,
  TokensRow,
} from './rows.ts';
import type { StepKey } from './steps/step-record.ts';
import type { AttemptOutcome, RunMeta, RunStore, WeightsRecord } from './store.ts';

/** The read methods of a RunStore; `meta` and `cursor` return null if the database contains no run yet. */
export type Reader = Omit<RunStore, 'dir' | 'meta' | 'cursor' | 'check' | 'commit' | 'beginSession' | 'close'> & {
  meta: () => RunMeta | null;
  cursor: () => Cursor | null;
};

/** Training questions come before pool questions, as in the loop. */
const QUESTION_ORDER = "(q.origin = 'pool'), q.step, q.position, q.id";

/** The queries whose tables are the same in every schema, or may be missing. */
export type Overview = Pick<Reader, 'meta' | 'cursor' | 'evaluations' | 'sessions' | 'summary'>;

/** Prepares the queries that need no migration. */
export function prepareOverview(database: Database): Overview {
  const sql = {
    meta: database.prepare('SELECT id, created_at, version, config FROM run'),
    cursor: database.prepare('SELECT iteration, stage, step FROM cursor'),
    evaluations: database.prepare('SELECT result FROM evaluations ORDER BY iteration, task'),
    sessions: hasTable(database, 'sessions') ? database.prepare('SELECT * FROM sessions ORDER BY number') : null,
    summary: database.prepare('SELECT json FROM summary'),
  };
  return {
    meta: () => {
      const [row] = rows<{ id: string; created_at: string; version: string; config: string }>(sql.meta);
      if (row === undefined) return null;
      return {
        id: row.id,
        createdAt: row.created_at,
        version: row.version,
        config: storedConfig(row.config, row.version),
      };
    },
    cursor: () => {
      const [row] = rows<Cursor>(sql.cursor);
      return row === undefined ? null : { ...row };
    },
    evaluations: () =>
      rows<{ result: string }>(sql.evaluations).map((row) => {
        const result: EvalResult = JSON.parse(row.result);
        return result;
      }),
    sessions: () => (sql.sessions === null ? [] : rows<SessionRow>(sql.sessions).map(toSession)),
    summary: () => {
      const [row] = rows<{ json: string }>(sql.summary);
      return row === undefined ? null : (JSON.parse(row.json) as RunSummary);
    },
  };
}

/** Returns whether the schema of a database has a table. */
export function hasTable(database: Database, name: string): boolean {
  const found = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?");
  return rows(found, name).length > 0;
}

/** Prepares all queries of the store. */
export function prepareReader(database: Database): Reader {
  const sql = {
    questions: database.prepare(
      `SELECT * FROM questions q WHERE iteration = ? AND origin = ? ORDER BY ${QUESTION_ORDER}`,
    ),
    texts: database.prepare(
      "SELECT text FROM questions WHERE origin = 'pool' AND iteration < ? AND text <> '' ORDER BY iteration, step, position, id",
    ),
    attempts: database.prepare(
      `SELECT a.* FROM attempts a JOIN questions q ON q.id = a.question_id WHERE q.iteration = ? ORDER BY ${QUESTION_ORDER}, a.position`,
    ),
    outcomes: database.prepare(
      `SELECT a.question_id AS questionId, a.vote, a.stop FROM attempts a JOIN questions q ON q.id = a.question_id WHERE q.iteration = ? AND q.origin = 'pool' ORDER BY ${QUESTION_ORDER}, a.position`,
    ),
    labels: database.prepare(
      `SELECT q.*, l.* FROM labels l JOIN questions q ON q.id = l.question_id WHERE q.iteration = ? ORDER BY ${QUESTION_ORDER}`,
    ),
    groups: database.prepare(
      'SELECT * FROM rollout_groups WHERE role = ? AND iteration = ? AND (?3 IS NULL OR step = ?3) ORDER BY step, group_index',
    ),
    rollouts: database.prepare(
      'SELECT * FROM rollouts WHERE role = ? AND iteration = ? AND step = ? AND group_index = ? ORDER BY position',
    ),
    step: database.prepare('SELECT * FROM training_steps WHERE role = ? AND iteration = ? AND step = ?'),
    tokens: database.prepare(
      'SELECT * FROM rollout_tokens WHERE role = ? AND iteration = ? AND step = ? ORDER BY group_index',
    ),
    metrics: database.prepare(
      `SELECT iteration, stage, step, name, value FROM metrics
       WHERE (?1 IS NULL OR iteration = ?1) AND (?2 IS NULL OR stage = ?2) AND (?3 IS NULL OR name = ?3) ORDER BY rowid`,
    ),
    partials: database.prepare('SELECT step, json FROM partials WHERE iteration = ? AND stage = ? ORDER BY step'),
    weights: database.prepare('SELECT * FROM weights WHERE role = ? AND iteration = ? ORDER BY step DESC LIMIT 1'),
    allWeights: database.prepare('SELECT * FROM weights ORDER BY iteration, role, step'),
  };

  const rolloutsOf = ({ role, iteration, step }: Omit<StepKey, 'step'> & { step?: number }): RolloutGroup[] =>
    rows<GroupRow>(sql.groups, role, iteration, step ?? null).map((row) => {
      const key: Sql[] = [row.role, row.iteration, row.step, row.group_index];
      return toGroup(row, rows<RolloutRow>(sql.rollouts, ...key));
    });

  return {
    ...prepareOverview(database),
    questions: ({ iteration, origin }) => rows<QuestionRow>(sql.questions, iteration, origin).map(toQuestion),
    earlierQuestionTexts: (before) => rows<{ text: string }>(sql.texts, before).map((row) => row.text),
    attempts: ({ iteration }) => rows<AttemptRow>(sql.attempts, iteration).map(toAttempt),
    poolOutcomes: (iteration) => rows<AttemptOutcome>(sql.outcomes, iteration),
    labels: (iteration) => rows<LabelRow>(sql.labels, iteration).map(toLabelled),
    rollouts: rolloutsOf,
    trainingStep: (at) => {
      const key: Sql[] = [at.role, at.iteration, at.step];
      const [row] = rows<StepRow>(sql.step, ...key);
      return row === undefined ? null : toStep(row, rows<TokensRow>(sql.tokens, ...key), rolloutsOf(at));
    },
    metrics: ({ iteration, stage, name } = {}) =>
      rows<Omit<Metric, 'value'> & { value: number | null }>(
        sql.metrics,
        iteration ?? null,
        stage ?? null,
        name ?? null,
      ).map((row) => ({
        ...row,
        value: row.value ?? Number.NaN,
      })),
    partials: (kind, iteration) =>
      rows<{ step: number; json: string }>(sql.partials, iteration, kind.name).map((row) =>
        readPartial(kind, iteration, row),
      ),
    weights: (role, iteration) => {
      const [row] = rows<WeightsRecord>(sql.weights, role, iteration);
      return row === undefined ? null : { ...row };
    },
    allWeights: () => rows<WeightsRecord>(sql.allWeights).map((row) => ({ ...row })),
  };
}

/** Settings of runs of versions that did not have them, where the default would change the run. */
const BEFORE = { keep: { tokens: false } };

/**
 * Parses a stored config; settings that its version did not have get their defaults. Throws StoreError if it is
 * invalid.
 */
function storedConfig(json: string, version: string): RunMeta['config'] {
  const parsed = configSchema.safeParse({ ...BEFORE, ...JSON.parse(json) });
  if (parsed.success) return parsed.data;
  throw new StoreError(
    `The config of this run cannot be read by this version of rzero: ${describeIssue(parsed.error.issues[0], 'config')}.`,
    `Open the run with rzero ${version}, which made it; or correct its config.toml, and start a new run from it with \`rzero evolve --config FILE\`.`,
    { cause: parsed.error },
  );
}
