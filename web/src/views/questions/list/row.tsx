/** One line of the list: the question, its votes, its label, and what became of it. */

import { percent } from '../../../../../src/text/numbers.ts';
import type { QuestionRow } from '../../../../../src/view/questions/types.ts';
import { MathText, oneLine, Plain } from '../../../text/text.tsx';
import { Chip } from '../parts/chip.tsx';
import { VoteBar } from '../parts/votes.tsx';
import { difficultyWords, labelSign, verdictOf } from '../parts/words.ts';

interface RowProps {
  row: QuestionRow | undefined;
  href: string;
  focusable: { tabIndex: number; onFocus: () => void };
  unit: string | null;
}

export function Row({ row, href, focusable, unit }: RowProps) {
  if (row === undefined) return <span class="q-row q-waiting" aria-label="Loading" />;
  const verdict = verdictOf(row);
  return (
    <a class="q-row" href={href} {...focusable}>
      <span class="q-text">
        {row.text === '' ? <em>empty completion</em> : <MathText text={oneLine(row.text, 220)} />}
      </span>
      <span class="q-votes">
        <VoteBar groups={row.bars} unanswered={row.unanswered} />
        <span class="q-share">{row.agreement === null ? '' : percent(row.agreement, 0)}</span>
      </span>
      <RowLabel row={row} />
      <span class="q-facts">
        <Chip tone={verdict.tone}>{verdict.word}</Chip>
        <span class="q-place">
          iteration {row.iteration}
          {row.difficulty !== null && ` · ${difficultyWords(row.difficulty, unit)}`}
        </span>
      </span>
    </a>
  );
}

function RowLabel({ row }: { row: QuestionRow }) {
  const sign = labelSign(row);
  return (
    <span class="q-answer">
      {row.label !== null && (
        <span class="q-answer-text">
          <Plain text={oneLine(row.label, 40)} />
        </span>
      )}
      {sign !== null && (
        <span class={`q-sign q-${sign.tone}`} title={sign.word}>
          <span aria-hidden="true">{sign.sign}</span>
          <span class="unseen"> {sign.word}</span>
        </span>
      )}
    </span>
  );
}
