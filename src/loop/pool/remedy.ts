/** Advises what to change when too few questions of a pool are left to train on. Pure. */

import type { Finding } from '../../models/facts/finding.ts';
import type { AttemptOutcome } from '../../store/store.ts';
import type { DropReason, LabelledQuestion } from '../../types.ts';

/** A filtered pool, and what may explain its losses. */
export interface PoorPool {
  labels: readonly LabelledQuestion[];
  /** The Solver's attempts at its questions. */
  attempts: readonly AttemptOutcome[];
  /** Contradictions between the facts of the model. */
  facts: readonly Finding[];
}

/** Returns the advice. The model is blamed only if nothing else explains the losses. */
export function remedyFor({ labels, attempts, facts }: PoorPool): string {
  if (facts.length > 0) {
    const words = facts.map(({ found, advice }) => `${found} ${advice}`);
    return `Facts about the model contradict each other, which can explain it. ${words.join(' ')}`;
  }
  const invalid = labels.filter(({ dropped }) => dropped === 'invalid');
  if (invalid.length > labels.length / 2) return remedyForInvalid(invalid);
  return cutOffVotes(labels, attempts) ?? REMEDIES[mostFrequent(labels)];
}

function remedyForInvalid(invalid: readonly LabelledQuestion[]): string {
  const cut = invalid.filter(({ question }) => question.invalid === 'truncated').length;
  return cut > invalid.length / 2
    ? `${cut} completions were cut off at the token limit: raise pool.maxTokens and challenger.maxTokens.`
    : 'This model rarely writes questions in the required format. Start from a stronger base model.';
}

/** A wider band keeps no question whose attempts have no answer. */
function cutOffVotes(labels: readonly LabelledQuestion[], attempts: readonly AttemptOutcome[]): string | null {
  const dropped = new Set(labels.flatMap((one) => (one.dropped === null ? [] : [one.question.id])));
  const concerned = attempts.filter(({ questionId }) => dropped.has(questionId));
  const cut = concerned.filter(({ stop, vote }) => stop === 'length' && vote === null).length;
  if (cut === 0 || cut <= concerned.length / 2) return null;
  return `${cut} of the ${concerned.length} answers to the dropped questions were cut off at the token limit: raise votes.maxTokens.`;
}

const BAND =
  'Increase pool.questions, or widen the band (filter.minAgreement, filter.maxAgreement). filter.tooFew can do either automatically.';
const VARIETY = 'Increase pool.questions, or raise pool.temperature so that the questions differ more.';

const PERCENTILES =
  'Increase pool.questions, or widen the band of percentiles (open.keepLow, open.keepHigh; with hints open.hints.keepLow, open.hints.keepHigh).';
const RESPONSES =
  'Increase pool.questions, raise votes.maxTokens, or lower open.hints.fewestCharacters. The Solver may be too weak to use hints.';

const REMEDIES: Record<DropReason, string> = {
  invalid: 'Increase pool.questions.',
  'held-out': VARIETY,
  duplicate: VARIETY,
  'near-earlier': VARIETY,
  'no-answer': 'The Solver rarely answers in the required format. Start from a stronger base model.',
  'forbidden-text': 'Increase pool.questions, or shorten filter.forbiddenInQuestion and filter.forbiddenInLabel.',
  'too-easy': BAND,
  'too-hard': BAND,
  'no-truth': 'Increase pool.questions, or set labels = "majority".',
  unreadable: 'Increase pool.questions, or set filter.unreadable = "keep".',
  'verifier-rejects': 'Increase pool.questions, or set filter.gate = "off".',
  'views-disagree': 'Increase pool.questions, or set filter.gate = "off".',
  'low-spread': PERCENTILES,
  'high-spread': PERCENTILES,
  'no-shift': RESPONSES,
  'too-short': RESPONSES,
  'too-long': RESPONSES,
  'longer-than-rejected': RESPONSES,
  repetitive: RESPONSES,
  'repeats-task': RESPONSES,
  'role-marker': RESPONSES,
  surplus: 'Set filter.maxQuestions to at least filter.minQuestions.',
};

/** Returns the most frequent reason for dropping a question, apart from invalid ones; `too-hard` without any. */
function mostFrequent(labels: readonly LabelledQuestion[]): DropReason {
  const counts = new Map<DropReason, number>();
  for (const { dropped } of labels) {
    if (dropped !== null && dropped !== 'invalid') counts.set(dropped, (counts.get(dropped) ?? 0) + 1);
  }
  const [first] = [...counts].toSorted(([, a], [, b]) => b - a);
  return first === undefined ? 'too-hard' : first[0];
}
