/** Reads the questions of one iteration as lines of the list. The tables are those of `store/migrations/`. */

import type { Domain } from '../../domains/domain.ts';
import { type Database, rows } from '../../store/database.ts';
import { storedGroups } from '../../store/shapes.ts';
import type { DropReason, Question, VoteGroup } from '../../types.ts';
import { type QuestionRecord, recordOf } from './query.ts';
import { barsOf, type CountedVote, isRight, type Tally, tallyOf, withTruth } from './tally.ts';
import type { QuestionRow } from './types.ts';

/** Characters of a text in a line, and of a text that a search looks at. */
const SHOWN = 300;
const SEARCHED = 2000;

interface StoredLine extends Pick<Question, 'id' | 'iteration' | 'origin' | 'step' | 'invalid'> {
  position: number;
  text: string;
  length: number;
  start: string;
  decided: number;
  label: string | null;
  agreement: number | null;
  unanswered: number | null;
  attempts: number | null;
  tally: string | null;
  dropped: DropReason | null;
  truth: string | null;
  label_correct: number | null;
}

const COLUMNS = `q.id, q.iteration, q.origin, q.step, q.position, q.invalid,
  substr(q.text, 1, ${SEARCHED}) AS text, length(q.text) AS length, substr(q.completion, 1, ${SHOWN}) AS start,
  l.question_id IS NOT NULL AS decided, l.label, l.agreement, l.unanswered, l.attempts, l.tally, l.dropped, l.truth,
  l.label_correct`;

/** Returns the iterations that have questions, in order. */
export function iterationsOf(database: Database): number[] {
  return rows<{ iteration: number }>(
    database.prepare('SELECT DISTINCT iteration FROM questions ORDER BY iteration'),
  ).map(({ iteration }) => iteration);
}

/** What the questions are about. */
export interface Subject {
  /** Null for a domain of your own. */
  domain: Domain | null;
  /** Whether code computes the labels. */
  computed: boolean;
}

/** Reads the questions of an iteration, those of the Challenger's training first. */
export function readRecords(database: Database, iteration: number, subject: Subject): QuestionRecord[] {
  const lines = rows<StoredLine>(
    database.prepare(
      `SELECT ${COLUMNS} FROM questions q LEFT JOIN labels l ON l.question_id = q.id WHERE q.iteration = ?
       ORDER BY (q.origin = 'pool'), q.step, q.position, q.id`,
    ),
    iteration,
  );
  const votes = untallied(database, iteration);
  return lines.map((line) => recordOf(toRow(line, tallyOf(votes.get(line.id) ?? NO_VOTES), subject), line.text));
}

const NO_VOTES: readonly CountedVote[] = [];

/** The votes on the questions that have no stored tally, by question. */
function untallied(database: Database, iteration: number): Map<string, CountedVote[]> {
  const votes = new Map<string, CountedVote[]>();
  const counted = rows<CountedVote & { id: string }>(
    database.prepare(
      `SELECT a.question_id AS id, a.vote, count(*) AS count, min(a.position) AS first
       FROM questions q JOIN attempts a ON a.question_id = q.id
       WHERE q.iteration = ? AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.question_id = q.id AND l.attempts > 0)
       GROUP BY a.question_id, a.vote ORDER BY a.question_id, first`,
    ),
    iteration,
  );
  for (const { id, vote, count } of counted) {
    const known = votes.get(id);
    if (known === undefined) votes.set(id, [{ vote, count }]);
    else known.push({ vote, count });
  }
  return votes;
}

function toRow(line: StoredLine, voted: Tally, { domain, computed }: Subject): QuestionRow {
  const { id, iteration, origin, step, position: index, invalid, decided, dropped, length } = line;
  const isValid = invalid === null;
  const stored = line.tally === null || (line.attempts ?? 0) === 0 ? null : sizesOf(line.tally);
  const truth = decided === 1 || !isValid ? line.truth : (domain?.truth?.(line.text) ?? null);
  const counted = computed ? withTruth(voted, truth) : voted;
  const tally = stored === null ? counted : storedTally(line);
  const known = line.label_correct === null ? null : line.label_correct === 1;
  const labelCorrect = computed || decided === 1 ? known : isRight(tally.label, truth);
  return {
    id,
    iteration,
    origin,
    step,
    index,
    text: (line.text === '' ? line.start : line.text).slice(0, SHOWN),
    length,
    invalid,
    label: tally.label,
    agreement: tally.attempts === 0 ? null : tally.agreement,
    attempts: tally.attempts,
    bars: barsOf(stored ?? counted.groups),
    unanswered: tally.unanswered,
    truth,
    labelCorrect,
    illPosed: isValid && truth === null && domain?.truth !== undefined,
    dropped,
    decided: decided === 1,
    difficulty: isValid ? (domain?.difficulty?.of(line.text) ?? null) : null,
  };
}

function storedTally({ label, agreement, unanswered, attempts }: StoredLine): Omit<Tally, 'groups'> {
  return { label, agreement: agreement ?? 0, unanswered: unanswered ?? 0, attempts: attempts ?? 0 };
}

/** Reads the sizes of the groups of a stored tally. A line needs no more, and a run has many lines. */
function sizesOf(json: string): { count: number }[] {
  const groups: { count: number }[] = JSON.parse(json);
  return groups;
}

/** Reads the groups of a stored tally, largest first. */
export function groupsOf(json: string): VoteGroup[] {
  return storedGroups.parse(JSON.parse(json));
}
