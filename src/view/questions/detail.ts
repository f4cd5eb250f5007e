/** Reads one question with its attempts, its reward, what trained on it, and what other iterations made of its text. */

import { type Database, rows } from '../../store/database.ts';
import { nearestBleuDistances } from '../../text/bleu.ts';
import { clusterShares } from '../../text/repetition.ts';
import type { InvalidReason } from '../../types.ts';
import { MissingItem } from '../missing.ts';
import type { RunQuestions } from './cache.ts';
import type { QuestionRecord } from './query.ts';
import { readOpenScores } from './open-scores.ts';
import { groupsOf } from './records.ts';
import { type Tally, tallyOf } from './tally.ts';
import type { AttemptView, Moment, QuestionDetail, QuestionRow } from './types.ts';

/** Longest batch that is compared. */
const LARGEST_BATCH = 2000;
const MOST_OTHERS = 20;
const MOST_MOMENTS = 60;
const SHOWN = 200;

interface Texts {
  text: string;
  completion: string;
  claimed: string | null;
}

/** Reads a question. Throws MissingItem if the run has none with this id. */
export function readDetail(database: Database, run: RunQuestions, id: string): QuestionDetail {
  const record = run.records.find(({ row }) => row.id === id);
  const [texts] = rows<Texts>(database.prepare('SELECT text, completion, claimed FROM questions WHERE id = ?'), id);
  if (record === undefined || texts === undefined) throw new MissingItem('The run has no question with this id.');
  const { row } = record;
  const attemptsList = readAttempts(database, id);
  const { groups: votes, unanswered } = readTally(database, id);
  return {
    ...row,
    fullText: texts.text,
    completion: texts.completion,
    claimed: texts.claimed,
    votes,
    unanswered,
    attemptsList,
    open: readOpenScores(database, row),
    reward: readReward(database, run, row),
    training: readTraining(database, run, texts.text),
    cluster: readCluster(database, run, row, texts.text),
    history: readHistory(database, run, record),
    unit: run.domain?.difficulty?.unit ?? null,
  };
}

/** A run of an older version, which is read as it is, has no wordings. */
type AttemptRow = Omit<AttemptView, 'index' | 'wording'> & { position: number; wording?: string | null };

function readAttempts(database: Database, id: string): AttemptView[] {
  const found = database.prepare('SELECT * FROM attempts WHERE question_id = ? ORDER BY position');
  return rows<AttemptRow>(found, id).map(({ position: index, completion, vote, tokens, stop, wording = null }) => {
    return { index, completion, vote, tokens, stop, wording };
  });
}

/** The tally that the run stored, else one of the attempts. */
function readTally(database: Database, id: string): Tally {
  const [stored] = rows<Omit<Tally, 'groups'> & { tally: string }>(
    database.prepare('SELECT tally, label, agreement, unanswered, attempts FROM labels WHERE question_id = ?'),
    id,
  );
  if (stored !== undefined && stored.attempts > 0) {
    const { tally, ...rest } = stored;
    return { ...rest, groups: groupsOf(tally) };
  }
  return tallyOf(readAttempts(database, id).map(({ vote }) => ({ vote, count: 1 })));
}

interface StoredReward {
  reward: number | null;
  parts: string;
  advantage: number | null;
}

function readReward(database: Database, { config }: RunQuestions, row: QuestionRow): QuestionDetail['reward'] {
  if (row.origin !== 'training') return null;
  const { groupSize } = config.challenger;
  const found = database.prepare(
    `SELECT reward, parts, advantage FROM rollouts
     WHERE role = 'challenger' AND iteration = ? AND step = ? AND group_index = ? AND position = ?`,
  );
  const place = [row.iteration, row.step, Math.floor(row.index / groupSize), row.index % groupSize];
  const [stored] = rows<StoredReward>(found, ...place);
  if (stored === undefined) return null;
  const parts: Record<string, number> = JSON.parse(stored.parts);
  return { total: stored.reward, parts, advantage: stored.advantage };
}

/** The groups whose prompt ends with the text. */
function readTraining(database: Database, { domain }: RunQuestions, text: string): QuestionDetail['training'] {
  if (text === '') return [];
  const prompt = domain?.solverMessages(text).at(-1)?.content ?? text;
  const found = database.prepare(
    `SELECT g.iteration, g.step, g.group_index AS "group", r.reward FROM rollout_groups g
     JOIN rollouts r USING (role, iteration, step, group_index)
     WHERE g.role = 'solver' AND g.prompt = ? ORDER BY g.iteration, g.step, g.group_index, r.position LIMIT 5000`,
  );
  const groups = new Map<string, QuestionDetail['training'][number]>();
  for (const one of rows<{ iteration: number; step: number; group: number; reward: number | null }>(found, prompt)) {
    const { iteration, step, group, reward } = one;
    const key = `${iteration}/${step}/${group}`;
    const known = groups.get(key) ?? { iteration, step, rewards: [] };
    known.rewards.push(reward);
    groups.set(key, known);
  }
  return [...groups.values()];
}

interface Member {
  id: string;
  text: string;
  invalid: InvalidReason | null;
}

function readCluster(
  database: Database,
  { config }: RunQuestions,
  row: QuestionRow,
  text: string,
): QuestionDetail['cluster'] {
  if (row.invalid !== null) return null;
  const isTraining = row.origin === 'training';
  const batch = rows<Member>(
    database.prepare(
      `SELECT id, text, invalid FROM questions WHERE iteration = ?1 AND origin = ?2 AND (?3 IS NULL OR step = ?3)
       ORDER BY step, position, id LIMIT ${LARGEST_BATCH}`,
    ),
    row.iteration,
    row.origin,
    isTraining ? row.step : null,
  );
  const texts = batch.map((one) => (one.invalid === null ? one.text : ''));
  const threshold = config.challenger.repetitionThreshold;
  const isLike = isTraining ? inCluster(texts, batch, row.id, threshold) : isNear(texts, text, threshold);
  const others = batch.filter((one, at) => one.id !== row.id && one.invalid === null && isLike(at));
  return {
    kind: isTraining ? 'reward' : 'near',
    of: batch.length,
    size: others.length + 1,
    others: others.slice(0, MOST_OTHERS).map((one) => ({ id: one.id, text: one.text.slice(0, SHOWN) })),
  };
}

/** The cluster of the step, as the Challenger's reward computes it. */
function inCluster(
  texts: readonly string[],
  batch: readonly Member[],
  id: string,
  threshold: number,
): (at: number) => boolean {
  const { labels } = clusterShares(texts, threshold);
  const own = labels[batch.findIndex((one) => one.id === id)];
  return (at) => labels[at] === own;
}

function isNear(texts: readonly string[], text: string, threshold: number): (at: number) => boolean {
  const distances = nearestBleuDistances(texts, [text]);
  return (at) => distances[at] < threshold;
}

/** The votes on the same text, in the order of the iterations. */
function readHistory(database: Database, { records }: RunQuestions, { row, key }: QuestionRecord): Moment[] {
  if (row.length === 0) return [];
  const same = records.filter((one) => one.key === key && one.row.attempts > 0 && one.row.length > 0);
  const at = same.findIndex((one) => one.row.id === row.id);
  const from = Math.max(0, Math.min(at - MOST_MOMENTS / 2, same.length - MOST_MOMENTS));
  return same.slice(from, from + MOST_MOMENTS).map((one): Moment => {
    const { groups, unanswered, attempts, agreement, label } = readTally(database, one.row.id);
    const { id, iteration, origin } = one.row;
    return { question: id, origin, iteration, votes: groups, unanswered, attempts, agreement, label };
  });
}
