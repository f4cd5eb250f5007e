/** The votes on a question as one bar, the largest group first. */

import type { VoteGroup } from '../../../../src/types.ts';

export interface VotesBarProps {
  votes: readonly VoteGroup[];
  attempts: number;
  label: string | null;
}

/** More groups than this are drawn as one. */
const MOST_GROUPS = 10;

export function VotesBar({ votes, attempts, label }: VotesBarProps) {
  const groups = votes.toSorted((a, b) => b.count - a.count);
  const [shown, rest] = [groups.slice(0, MOST_GROUPS), groups.slice(MOST_GROUPS)];
  const answered = groups.reduce((sum, { count }) => sum + count, 0);
  const others = rest.reduce((sum, { count }) => sum + count, 0);
  const silent = Math.max(0, attempts - answered);
  return (
    <span class="votes" aria-hidden="true">
      {shown.map(({ answer, count }) => (
        <span
          key={answer}
          class={answer === label ? 'vote vote-label' : 'vote'}
          style={{ flexGrow: count }}
          title={`${short(answer)}: ${count} of ${attempts}`}
        />
      ))}
      {others > 0 && <span class="vote" style={{ flexGrow: others }} title={`other answers: ${others}`} />}
      {silent > 0 && (
        <span class="vote vote-none" style={{ flexGrow: silent }} title={`without an answer: ${silent}`} />
      )}
    </span>
  );
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
