/** Held-out scores by iteration as dots with whiskers; one series per kind of score. */

import type { HeldOutScore } from '../../../../src/view/evaluations/types.ts';
import type { Estimate } from '../../../../src/types.ts';
import { percent } from '../../../../src/text/numbers.ts';
import { placeOf, rangeOf, scoreOf } from './numbers.ts';

const HEIGHT = 230;
const LEFT = 46;
const BOTTOM = 26;
const TOP = 10;
/** More iterations scroll instead of shrinking. */
const FEW = 7;

interface Series {
  name: string;
  of(result: HeldOutScore['result']): Estimate | null;
}

const SERIES: readonly Series[] = [
  { name: 'sampled', of: ({ mean }) => mean },
  { name: 'majority', of: ({ majority }) => majority },
  { name: 'greedy', of: ({ greedy }) => greedy },
  { name: 'forced', of: ({ forced }) => forced },
];

export function Dots({ scores, samples }: { scores: readonly HeldOutScore[]; samples: number }) {
  const shown = SERIES.filter(({ of }) => scores.some(({ result }) => of(result) !== null));
  const step = Math.max(64, Math.min(130, 900 / scores.length));
  const width = LEFT + step * scores.length;
  const all = scores.flatMap(({ result }) => shown.flatMap(({ of }) => of(result) ?? []));
  const top = axisEnd(Math.max(0.1, ...all.map(({ high }) => placeOf(high))));
  const y = (share: number): number => TOP + (1 - placeOf(share) / top) * (HEIGHT - BOTTOM - TOP);
  const ticks = [0, 1, 2, 3, 4].map((part) => (top * part) / 4);
  return (
    <figure class="e-figure">
      <div class="e-scroll">
        <svg
          class={scores.length <= FEW ? 'e-dots e-dots-few' : 'e-dots'}
          width={width}
          height={HEIGHT}
          viewBox={`0 0 ${width} ${HEIGHT}`}
          role="img"
          aria-label="Held-out scores by iteration with 95 % intervals; the table below has the numbers"
        >
          {ticks.map((tick) => (
            <g key={tick}>
              <line class="e-grid" x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} />
              <text class="e-tick" x={LEFT - 8} y={y(tick) + 4} text-anchor="end">
                {percent(tick, 0)}
              </text>
            </g>
          ))}
          {scores.map(({ result }, at) => {
            const middle = LEFT + step * (at + 0.5);
            return (
              <g key={result.iteration}>
                <text class="e-tick" x={middle} y={HEIGHT - 6} text-anchor="middle">
                  {result.iteration === 0 ? 'base' : result.iteration}
                </text>
                {shown.map(({ name, of }, series) => {
                  const score = of(result);
                  if (score === null) return null;
                  const x = middle + (series - (shown.length - 1) / 2) * 13;
                  return (
                    <g key={name} class={`e-dot e-dot-${name}`}>
                      <title>{`${nameOf(name, samples)}: ${scoreOf(score)} [${rangeOf(score)}]`}</title>
                      <line x1={x} x2={x} y1={y(score.low)} y2={y(score.high)} />
                      <Mark name={name} x={x} y={y(score.value)} />
                    </g>
                  );
                })}
              </g>
            );
          })}
        </svg>
      </div>
      <figcaption class="e-legend">
        {shown.map(({ name }) => (
          <span key={name}>
            <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" class={`e-dot e-dot-${name}`}>
              <Mark name={name} x={6} y={6} />
            </svg>{' '}
            {nameOf(name, samples)}
          </span>
        ))}
        <span>lines: 95 % interval</span>
      </figcaption>
    </figure>
  );
}

/** Names of scores, as in the table. */
export function nameOf(name: string, samples: number): string {
  if (name === 'sampled') return `mean@${samples}`;
  if (name === 'majority') return `maj@${samples}`;
  return name === 'forced' ? `mean@${samples} with forced steps` : name;
}

/** Each kind has its own shape, so that colour is not needed to tell them apart. */
function Mark({ name, x, y }: { name: string; x: number; y: number }) {
  if (name === 'majority') return <rect x={x - 4} y={y - 4} width="8" height="8" />;
  if (name === 'greedy') return <path d={`M${x} ${y - 5.2}l5 8.8h-10z`} />;
  if (name === 'forced') return <path d={`M${x} ${y - 5.4}l5.4 5.4-5.4 5.4-5.4-5.4z`} />;
  return <circle cx={x} cy={y} r="4.4" />;
}

function axisEnd(highest: number): number {
  return [0.1, 0.2, 0.4, 0.6, 0.8, 1].find((end) => end >= highest - 1e-9) ?? 1;
}
