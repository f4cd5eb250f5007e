/** One sample: the question, its reference, and the replies with their verdicts. It is drawn when it opens. */

import { useState } from 'preact/hooks';
import type { CompletionReport, SampleReport, SampleVerdict } from '../../../../../src/eval/report/report.ts';
import { plural } from '../../../../../src/text/numbers.ts';
import { LongText, MathText, oneLine, Plain } from '../../../text/text.tsx';
import { tallyOf } from './find-samples.ts';

const VERDICTS: Readonly<Record<SampleVerdict, { mark: string; word: string }>> = {
  right: { mark: '✓', word: 'right' },
  wrong: { mark: '✗', word: 'wrong' },
  undecided: { mark: '?', word: 'undecided' },
  unparsable: { mark: '∅', word: 'no answer' },
};

export function Sample({ sample }: { sample: SampleReport }) {
  const [isOpen, setIsOpen] = useState(false);
  const left = sample.replies - sample.completions.length;
  return (
    <details class="e-sample" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>
        <span class="e-tally">
          {tallyOf(sample).map(({ verdict, times }) => (
            <Badge key={verdict} verdict={verdict} times={sample.completions.length === 1 ? null : times} />
          ))}
        </span>
        <span class="e-gist">
          <MathText text={oneLine(sample.question)} />
        </span>
        <span class="e-id">
          <Plain text={oneLine(sample.id, 60)} />
        </span>
      </summary>
      {isOpen && (
        <div class="e-open">
          <h4>Question</h4>
          <LongText text={sample.question} limit={8000} />
          <h4>Reference</h4>
          <LongText text={sample.reference} />
          {sample.completions.map((completion, at) => (
            <Reply key={at} completion={completion} />
          ))}
          {left > 0 && (
            <p class="e-note">
              {plural(left, 'more reply', 'more replies')} to this question {left === 1 ? 'is' : 'are'} not on this
              page.
            </p>
          )}
          <details class="e-prompt">
            <summary>Prompt</summary>
            {sample.prompt.map(({ role, content }, at) => (
              <div key={at}>
                <h4>{role}</h4>
                <LongText text={content} math={false} />
              </div>
            ))}
          </details>
        </div>
      )}
    </details>
  );
}

/** `times`: null if there is one reply. */
function Badge({ verdict, times }: { verdict: SampleVerdict; times: number | null }) {
  const { mark, word } = VERDICTS[verdict];
  return (
    <span class={`e-badge e-${verdict}`}>
      <span aria-hidden="true">{mark}</span> {times === null ? word : times}
      {times !== null && <span class="unseen"> {word}</span>}
    </span>
  );
}

function Reply({ completion }: { completion: CompletionReport }) {
  const { verdict, answer, mode, tokens, reason, judged, text } = completion;
  return (
    <article class={`e-reply e-edge-${verdict}`}>
      <header>
        <Badge verdict={verdict} times={null} />
        <span>
          {answer === null ? (
            'no answer found'
          ) : (
            <>
              answer{' '}
              <span class="e-answer">
                <Plain text={answer} />
              </span>
            </>
          )}
        </span>
        <span class="e-why">
          <Plain text={oneLine(reason, 300)} />
          {judged !== null && ` · judge: ${judged}`}
        </span>
        <span class="e-cost">
          {mode} · {plural(tokens, 'token')}
        </span>
      </header>
      <LongText text={text} limit={8000} />
    </article>
  );
}
