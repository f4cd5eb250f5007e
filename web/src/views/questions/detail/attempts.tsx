/** The attempts at a question, grouped by their vote, the largest group first. */

import { count, plural, significant } from '../../../../../src/text/numbers.ts';
import type { AttemptView, OpenScores, QuestionDetail } from '../../../../../src/view/questions/types.ts';
import { LongText, MathText, oneLine } from '../../../text/text.tsx';
import { VoteBar } from '../parts/votes.tsx';
import { type AttemptGroup, groupAttempts } from './group-attempts.ts';

/** Attempts that are shown. */
const MOST = 200;

export function Attempts({ question }: { question: QuestionDetail }) {
  return question.open === null ? (
    <Voted question={question} />
  ) : (
    <Responses question={question} open={question.open} />
  );
}

/** The responses to a task of an open domain, with their scores in the place of votes. */
function Responses({ question, open }: { question: QuestionDetail; open: OpenScores }) {
  const { attemptsList } = question;
  const scorers = Object.entries(open.scores);
  return (
    <section class="card" aria-labelledby="q-attempts">
      <h2 id="q-attempts">{plural(attemptsList.length, 'response')} of the Solver</h2>
      {open.shift !== null && <p class="q-soft">Shift by the hint: {significant(open.shift)} nats per token.</p>}
      {attemptsList.slice(0, MOST).map((attempt, at) => (
        <details key={attempt.index} class="q-attempt" open={at === 0}>
          <summary>
            <span class="q-gist">
              <MathText text={oneLine(attempt.completion, 90) || 'empty'} />
            </span>
            <small>
              {scorers.map(([name, scores]) => `${name} ${significant(scores[at])} · `)}
              {plural(attempt.tokens, 'token')}
              {attempt.stop === 'length' && ' · cut off'}
              {attempt.wording !== null && ' · after the hint'}
            </small>
          </summary>
          <LongText text={attempt.completion} />
        </details>
      ))}
    </section>
  );
}

function Voted({ question }: { question: QuestionDetail }) {
  const groups = groupAttempts(question);
  const { votes, unanswered, attemptsList } = question;
  return (
    <section class="card" aria-labelledby="q-attempts">
      <h2 id="q-attempts">
        {attemptsList.length === 0 ? 'No attempts' : `${plural(attemptsList.length, 'attempt')} of the Solver`}
      </h2>
      {attemptsList.length === 0 ? (
        <p class="q-soft">The question got no votes.</p>
      ) : (
        <VoteBar groups={votes.map((vote) => vote.count)} unanswered={unanswered} width={320} />
      )}
      {groups.map((group, at) => (
        <Group key={at} group={group} isFirst={at === 0} label={question.label} />
      ))}
    </section>
  );
}

function Group({ group, isFirst, label }: { group: AttemptGroup; isFirst: boolean; label: string | null }) {
  const { answer, attempts } = group;
  const isLabel = isFirst && answer !== null && label !== null;
  return (
    <section class="q-group">
      <h3>
        {answer === null ? 'no answer' : <MathText text={oneLine(answer, 200)} />}
        <small>
          {plural(attempts.length, 'attempt')}
          {isLabel && ' · the label'}
        </small>
      </h3>
      {merged(attempts).map(({ attempt, times }) => (
        <details key={attempt.index} class="q-attempt" open={isFirst && attempts[0] === attempt}>
          <summary>
            <span class="q-gist">
              <MathText text={oneLine(attempt.completion, 90) || 'empty'} />
            </span>
            <small>
              {times > 1 && `${times} times · `}
              {plural(attempt.tokens, 'token')}
              {attempt.stop === 'length' && ' · cut off'}
              {attempt.wording !== null && ' · asked in other words'}
            </small>
          </summary>
          {attempt.wording !== null && (
            <p class="q-soft">
              Asked: <MathText text={oneLine(attempt.wording, 400)} />
            </p>
          )}
          <LongText text={attempt.completion} />
        </details>
      ))}
      {attempts.length > MOST && <p class="q-soft">{count(attempts.length - MOST)} more attempts are not shown.</p>}
    </section>
  );
}

/** Attempts at the same words with the same completion once, with how often it occurs. */
function merged(attempts: readonly AttemptView[]): { attempt: AttemptView; times: number }[] {
  const found = new Map<string, { attempt: AttemptView; times: number }>();
  for (const attempt of attempts.slice(0, MOST)) {
    const key = JSON.stringify([attempt.wording, attempt.completion]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { attempt, times: 1 });
    else known.times++;
  }
  return [...found.values()];
}
