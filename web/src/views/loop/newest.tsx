/** The newest questions with their votes, as they fall. */

import type { Newest } from '../../../../src/view/runs/types.ts';
import { Icon } from '../../frame/icons.tsx';
import { MathText, oneLine, Plain } from '../../text/text.tsx';
import { routeTo } from '../../router.ts';
import { VotesBar } from './votes.tsx';

/** Number of questions in the list. */
const SHOWN = 8;

export interface NewestListProps {
  run: string;
  iteration: number;
  newest: readonly Newest[];
}

export function NewestList({ run, iteration, newest }: NewestListProps) {
  const own = newest.filter((question) => question.iteration === iteration).slice(0, SHOWN);
  const all = routeTo('questions', run, { settings: iteration > 0 ? { iterations: String(iteration) } : {} });
  return (
    <section class="card newest" aria-labelledby="newest-title">
      <div class="section-head">
        <h2 id="newest-title">Newest questions and their votes</h2>
        <a href={all}>All questions</a>
      </div>
      {own.length === 0 ? (
        <p class="quiet">
          {newest.length === 0
            ? 'No question has votes yet.'
            : 'The log keeps only the newest ones. All questions of this iteration are in the list.'}
        </p>
      ) : (
        <ol>
          {own.map((question) => (
            <NewestRow key={`${question.seq}-${question.at}`} question={question} />
          ))}
        </ol>
      )}
    </section>
  );
}

function NewestRow({ question }: { question: Newest }) {
  const { text, votes, attempts, label, truth, illPosed } = question;
  const agreeing = votes.find(({ answer }) => answer === label)?.count ?? 0;
  return (
    <li>
      <p class="question-text">
        <MathText text={oneLine(text, 400)} />
      </p>
      <div class="question-votes">
        <VotesBar votes={votes} attempts={attempts} label={label} />
        <span class="question-label">
          {label === null ? 'no answer' : <Plain text={oneLine(label, 60)} />}{' '}
          <span class="quiet">
            {agreeing} of {attempts}
          </span>
        </span>
        <Verdict label={label} truth={truth} illPosed={illPosed === true} />
      </div>
    </li>
  );
}

/** Whether the label is right, where the truth is known. */
function Verdict({ label, truth, illPosed }: { label: string | null; truth: string | null; illPosed: boolean }) {
  if (illPosed) {
    return (
      <span class="verdict verdict-ill">
        <Icon name="alert" />
        ill-posed
      </span>
    );
  }
  if (truth === null || label === null) return null;
  if (truth === label) {
    return (
      <span class="verdict verdict-right">
        <Icon name="check" />
        right
      </span>
    );
  }
  return (
    <span class="verdict verdict-wrong">
      <Icon name="cross" />
      truth <Plain text={oneLine(truth, 60)} />
    </span>
  );
}
