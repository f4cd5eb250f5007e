/**
 * The tables of an exported dataset: their columns, the query that reads them, and the conversion of a row. Pure. Both
 * file formats write the same records.
 */

import { storedGroups } from '../../store/shapes.ts';

/** Type of a column; a list has records with these fields. */
export type ColumnType = 'string' | 'int' | 'double' | 'bool' | { list: readonly (readonly [string, FieldType])[] };
export type FieldType = 'string' | 'int' | 'double';

export interface Column {
  name: string;
  type: ColumnType;
  /** Description on the card. */
  about: string;
}

/** Values by column; null where there is none. */
export type Row = Record<string, unknown>;

export interface DataTable {
  name: 'questions' | 'attempts' | 'rollouts';
  about: string;
  columns: readonly Column[];
  /** As `TableReader.pages` wants it. */
  query: string;
  toRow(stored: Row): Row;
}

const text = (name: string, about: string): Column => ({ name, type: 'string', about });
const whole = (name: string, about: string): Column => ({ name, type: 'int', about });
const real = (name: string, about: string): Column => ({ name, type: 'double', about });

const questions: DataTable = {
  name: 'questions',
  about: 'everything that the Challenger wrote, with the votes and what became of it',
  columns: [
    text('id', 'identifier within the run'),
    whole('iteration', 'iteration, from 1'),
    text('origin', '`training`: posed while the Challenger was trained; `pool`: posed for the curriculum'),
    whole('step', 'training step or chunk, from 0'),
    whole('index', 'position in the step or the pool'),
    text('question', 'text of the question; empty if there is none'),
    text('claimed', "the Challenger's own answer, which is not trusted"),
    text('completion', 'the whole text that the Challenger wrote'),
    text('invalid', 'why it is no usable question; null if it is one'),
    text('label', 'majority vote of the Solver'),
    real('agreement', 'share of the attempts that gave the label, 0 to 1'),
    whole('attempts', 'number of attempts'),
    whole('unanswered', 'attempts without an answer'),
    {
      name: 'votes',
      type: {
        list: [
          ['answer', 'string'],
          ['count', 'int'],
          ['weight', 'double'],
        ],
      },
      about: 'groups of equal answers, heaviest first',
    },
    { name: 'kept', type: 'bool', about: 'whether it was trained on; null before the filter, and for `training`' },
    text('dropped', 'why it was not trained on'),
    text('truth', "answer of the domain's oracle; null without an oracle or an answer"),
    { name: 'label_correct', type: 'bool', about: 'whether the label equals the truth; null if that is not known' },
  ],
  query: `SELECT q.rowid AS row, q.*, l.question_id AS labelled, l.label, l.agreement, l.attempts, l.unanswered, l.tally, l.dropped, l.truth, l.label_correct
    FROM questions q LEFT JOIN labels l ON l.question_id = q.id WHERE q.rowid > ?1 ORDER BY q.rowid LIMIT ?2`,
  toRow: ({ text: question, position, tally, labelled, label_correct: correct, ...rest }) => ({
    ...rest,
    index: position,
    question,
    votes: typeof tally === 'string' ? storedGroups.parse(JSON.parse(tally)) : null,
    kept: labelled === null ? null : rest.dropped === null,
    label_correct: correct === null ? null : correct === 1,
  }),
};

const attempts: DataTable = {
  name: 'attempts',
  about: 'the sampled answers of the Solver, from which labels are counted',
  columns: [
    text('question_id', '`id` of the question'),
    whole('iteration', 'iteration, from 1'),
    text('origin', 'origin of the question'),
    whole('index', 'number of the attempt, from 0'),
    text('completion', 'the whole answer'),
    text('vote', 'its final answer; null if there is none'),
    whole('tokens', 'length in tokens'),
    text('stop', '`stop`, or `length`: cut off at the limit of tokens'),
    text('wording', 'other words in which the question was asked; null for its own. The vote is mapped back'),
  ],
  query: `SELECT a.rowid AS row, a.*, q.iteration, q.origin FROM attempts a JOIN questions q ON q.id = a.question_id
    WHERE a.rowid > ?1 ORDER BY a.rowid LIMIT ?2`,
  toRow: ({ position, ...rest }) => ({ ...rest, index: position }),
};

const rollouts: DataTable = {
  name: 'rollouts',
  about: 'the completions that the models were trained on, with their rewards',
  columns: [
    text('role', '`challenger`, `solver` or `verifier`'),
    whole('iteration', 'iteration, from 1'),
    whole('step', 'training step, from 0'),
    whole('group', 'group of completions of one prompt'),
    whole('index', 'position in the group'),
    text('prompt', 'what was asked: the question, or the request to pose one'),
    text('label', 'label that the answer was compared with; null for the Challenger'),
    text('completion', 'the completion'),
    whole('tokens', 'length in tokens'),
    text('stop', '`stop`, or `length`: cut off at the limit of tokens'),
    real('reward', 'total reward'),
    {
      name: 'parts',
      type: {
        list: [
          ['name', 'string'],
          ['value', 'double'],
        ],
      },
      about: 'parts of the reward',
    },
    real('advantage', 'advantage within the group'),
  ],
  query: `SELECT r.rowid AS row, r.*, g.prompt, g.label FROM rollouts r
    JOIN rollout_groups g USING (role, iteration, step, group_index) WHERE r.rowid > ?1 ORDER BY r.rowid LIMIT ?2`,
  toRow: ({ position, group_index: group, parts, ...rest }) => ({
    ...rest,
    group,
    index: position,
    parts: partsOf(parts),
  }),
};

function partsOf(parts: unknown): { name: string; value: number }[] {
  const named: Record<string, number> = typeof parts === 'string' ? JSON.parse(parts) : {};
  return Object.entries(named).map(([name, value]) => ({ name, value }));
}

/** All tables of a dataset. */
export const DATA_TABLES: readonly DataTable[] = [questions, attempts, rollouts];

/** Returns the columns of a row, with valid Unicode: a lone surrogate becomes U+FFFD, as both formats need it. */
export function recordOf({ columns, toRow }: DataTable, stored: Row): Row {
  const row = toRow(stored);
  return Object.fromEntries(columns.map(({ name }) => [name, sound(row[name] ?? null)]));
}

function sound(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/\p{Surrogate}/gu, '\ufffd');
  if (!Array.isArray(value)) return value;
  return value.map((one: Row) => Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, sound(inner)])));
}
