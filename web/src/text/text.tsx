/**
 * Texts of models, of runs and of data: nothing in them is markup, a link or a style. `Plain` shows characters, `MathText`
 * also renders formulas. Long texts are cut, with a button that shows all.
 */

import { useState } from 'preact/hooks';
import { count } from '../../../src/text/numbers.ts';
import { piecesOf } from './acting.ts';
import { Formula } from './formula.tsx';
import { splitMath } from './split-math.ts';
import './text.css';

/** A text as it is written, with the names of characters that act. */
export function Plain({ text }: { text: string }) {
  return (
    <bdi>
      {piecesOf(text).map(({ text: part, isName }, at) =>
        isName ? (
          <span key={at} class="acting">
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </bdi>
  );
}

/** A text with its formulas rendered. */
export function MathText({ text }: { text: string }) {
  return (
    <bdi class="math-text">
      {splitMath(text).map((segment, at) =>
        segment.kind === 'text' ? (
          <Plain key={at} text={segment.source} />
        ) : (
          <Formula key={`${at} ${segment.written}`} segment={segment} />
        ),
      )}
    </bdi>
  );
}

interface LongTextProps {
  text: string;
  /** What an empty text is called. */
  empty?: string;
  /** Characters that are shown at first. */
  limit?: number;
  /** Whether formulas are rendered. */
  math?: boolean;
}

/** A block of text; a long one is cut in the middle, because a final answer stands at the end. */
export function LongText({ text, empty = 'empty', limit = 4000, math = true }: LongTextProps) {
  const [isWhole, setIsWhole] = useState(false);
  if (text.trim() === '') return <p class="block-text block-empty">{empty}</p>;
  const Shown = math ? MathText : Plain;
  if (text.length <= limit || isWhole) {
    return (
      <div class="block-text" dir="auto">
        <Shown text={text} />
      </div>
    );
  }
  const half = Math.floor(limit / 2);
  return (
    <div class="block-text" dir="auto">
      <Shown text={text.slice(0, half)} />
      <span class="left-out">
        {count(text.length - 2 * half)} characters left out{' '}
        <button type="button" onClick={() => setIsWhole(true)}>
          Show all {count(text.length)}
        </button>
      </span>
      <Shown text={text.slice(text.length - half)} />
    </div>
  );
}

/** A text as one line of at most `limit` characters. */
export function oneLine(text: string, limit = 160): string {
  const line = text
    .slice(0, limit * 2)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}
