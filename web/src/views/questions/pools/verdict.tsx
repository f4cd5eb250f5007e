/** What the pools say: harder, stranger, both or neither, with the numbers behind it. */

import { percent, points, significant } from '../../../../../src/text/numbers.ts';
import type { Change, PoolsReading } from '../../../../../src/view/questions/reading.ts';

const HEADLINES: Readonly<Record<PoolsReading['verdict'], string>> = {
  harder: 'The questions become harder, and not stranger.',
  stranger: 'The questions become stranger, but not harder.',
  both: 'The questions become harder, and stranger too.',
  neither: 'The questions become neither harder nor stranger, as far as these numbers show.',
  easier: 'The questions become easier.',
  unknown: 'These numbers do not show whether the questions become harder or only stranger.',
};

const NAMES: Readonly<Record<Change['name'], string>> = {
  difficulty: 'difficulty',
  agreement: 'agreement of the attempts',
  'label-right': 'kept questions with a right label',
  'ill-posed': 'ill-posed questions',
  familiar: 'similarity to earlier pools',
  alike: 'similarity within the pool',
};

export function Verdict({ reading, unit }: { reading: PoolsReading; unit: string | null }) {
  return (
    <section class="card q-verdict" aria-labelledby="q-verdict">
      <h2 id="q-verdict">{HEADLINES[reading.verdict]}</h2>
      <ul>
        {reading.changes.map((change) => (
          <li key={change.name} class={change.direction === 'even' ? 'q-even' : ''}>
            <span aria-hidden="true" class="q-arrow">
              {{ up: '↑', down: '↓', even: '·' }[change.direction]}
            </span>
            <span>
              {NAMES[change.name]}
              <br />
              <b>
                {written(change, change.first, unit)} → {written(change, change.last, unit)}
              </b>
              <small>
                {differenceOf(change)}
                {change.direction === 'even' && ' · chance may explain it'}
              </small>
            </span>
          </li>
        ))}
      </ul>
      <p class="q-note">
        Iteration {reading.first} compared with {reading.last}, with 95 % intervals. The agreement also depends on the
        Solver, which changes between the iterations; difficulty and similarity depend on the texts only.
      </p>
    </section>
  );
}

function written({ name }: Change, value: number, unit: string | null): string {
  return name === 'difficulty' ? `${significant(value)} ${unit ?? ''}`.trim() : percent(value);
}

function differenceOf({ name, difference: { value, low, high } }: Change): string {
  if (name !== 'difficulty') return `${points(value)} points [${points(low)}, ${points(high)}]`;
  const sign = (some: number): string => `${some < 0 ? '−' : '+'}${significant(Math.abs(some))}`;
  return `${sign(value)} [${sign(low)}, ${sign(high)}]`;
}
