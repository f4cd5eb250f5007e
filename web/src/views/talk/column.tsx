/** What one model said: the distribution of its votes, and its answers as they are drawn. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { LongText, Plain } from '../../text/text.tsx';
import type { Column, Sample } from './exchange.ts';

/** Answers that are shown at first. */
const SHOWN = 3;

export function ModelColumn({ column, title, answers }: { column: Column; title: string; answers: boolean }) {
  const [isOpen, setIsOpen] = useState(false);
  const { samples, state, message } = column;
  const shown = isOpen ? samples : samples.slice(0, SHOWN);
  return (
    <section class="talk-column" aria-label={title}>
      <h3>
        <bdi>{title}</bdi>
      </h3>
      {state === 'waiting' && <p class="talk-note">waits for the model …</p>}
      {state === 'failed' && (
        <p class="talk-problem" role="alert">
          <bdi>{message}</bdi>
        </p>
      )}
      {state === 'open' && (
        <>
          {answers && <Votes column={column} />}
          <ol class="talk-samples">
            {shown.map((sample, at) => (
              <SampleItem key={at} sample={sample} answers={answers} />
            ))}
          </ol>
          {samples.length > SHOWN && (
            <button type="button" class="talk-more" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
              {isOpen ? `Show ${SHOWN} answers` : `Show all ${samples.length} answers`}
            </button>
          )}
        </>
      )}
    </section>
  );
}

function Votes({ column: { votes, unanswered, samples, truth } }: { column: Column }) {
  if (votes === null) {
    const ended = samples.filter(({ end }) => end !== null).length;
    return (
      <p class="talk-note">
        {ended} of {samples.length} answers
      </p>
    );
  }
  return (
    <ul class="talk-votes" aria-label="Votes">
      {votes.map(({ answer, count, isTrue }) => (
        <VoteBar
          key={answer}
          count={count}
          total={samples.length}
          tone={isTrue === null ? 'plain' : isTrue ? 'good' : 'bad'}
        >
          <Plain text={answer.slice(0, 200)} />
          {truth !== null && <span class="talk-verdict">{isTrue === true ? ' ✓ right' : ' ✗ wrong'}</span>}
        </VoteBar>
      ))}
      {unanswered > 0 && (
        <VoteBar count={unanswered} total={samples.length} tone="none">
          no answer
        </VoteBar>
      )}
    </ul>
  );
}

interface VoteBarProps {
  count: number;
  total: number;
  tone: 'good' | 'bad' | 'plain' | 'none';
  children: ComponentChildren;
}

function VoteBar({ count, total, tone, children }: VoteBarProps) {
  return (
    <li class={`talk-vote talk-vote-${tone}`}>
      <span class="talk-bar" aria-hidden="true" style={{ width: `${(100 * count) / total}%` }} />
      <span class="talk-answer">{children}</span>
      <span class="talk-count">
        {count} of {total}
      </span>
    </li>
  );
}

function SampleItem({ sample, answers }: { sample: Sample; answers: boolean }) {
  const { text, end } = sample;
  return (
    <li class={`talk-sample${end === null ? ' talk-running' : ''}`}>
      <LongText text={text} math={end !== null} empty={end === null ? '…' : 'nothing'} />
      {end !== null && (
        <p class="talk-note">
          {answers ? <AnswerNote reading={end.reading} /> : <QuestionNote {...end} />}
          {end.stop === 'length' && ' · cut off at the token limit'} · {end.tokens} tokens
        </p>
      )}
    </li>
  );
}

function AnswerNote({ reading }: { reading: string | null }) {
  if (reading === null) return <>no answer</>;
  return (
    <>
      answer <Plain text={reading.slice(0, 200)} />
    </>
  );
}

function QuestionNote({ invalid, truth }: { invalid: string | null; truth: string | null }) {
  if (invalid !== null) return <>not a valid question: {invalid}</>;
  if (truth === null) return <>a valid question</>;
  return (
    <>
      a valid question; its answer is <Plain text={truth.slice(0, 200)} />
    </>
  );
}
