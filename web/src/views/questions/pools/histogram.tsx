/** A small chart of a distribution: bars by share of the questions, and the mean as a line. */

import { count, percent } from '../../../../../src/text/numbers.ts';
import type { Spread } from '../../../../../src/view/questions/types.ts';

const WIDTH = 180;
const HEIGHT = 56;
const BASE = 44;

interface HistogramProps {
  spread: Spread;
  edges: readonly number[];
  /** Largest share of a bin in all charts of the row. */
  highest: number;
  label: string;
  /** Writes a bound of a bin. */
  write(value: number): string;
}

export function Histogram({ spread, edges, highest, label, write }: HistogramProps) {
  const { n, bins, mean } = spread;
  const [from, to] = [edges[0], edges[edges.length - 1]];
  const x = (value: number): number => ((value - from) / (to - from)) * WIDTH;
  const high = Math.max(highest, 1e-9);
  return (
    <svg class="q-histogram" role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
      {bins.map((size, at) => {
        const share = n === 0 ? 0 : size / n;
        const tall = (share / high) * (BASE - 4);
        const [left, right] = [x(edges[at]), x(edges[at + 1])];
        return (
          <rect key={at} x={left + 0.75} y={BASE - tall} width={Math.max(0.5, right - left - 1.5)} height={tall}>
            <title>
              {write(edges[at])} to {write(edges[at + 1])}: {count(size)} ({percent(share, 0)})
            </title>
          </rect>
        );
      })}
      <line class="q-axis" x1={0} x2={WIDTH} y1={BASE} y2={BASE} />
      {n > 0 && (
        <>
          <line class="q-mean" x1={x(mean.value)} x2={x(mean.value)} y1={0} y2={BASE + 3} />
          <line
            class="q-interval"
            x1={x(Math.max(from, mean.low))}
            x2={x(Math.min(to, mean.high))}
            y1={BASE + 3}
            y2={BASE + 3}
          />
        </>
      )}
      <text x={0} y={HEIGHT} class="q-tick">
        {write(from)}
      </text>
      <text x={WIDTH} y={HEIGHT} class="q-tick q-tick-end">
        {write(to)}
      </text>
    </svg>
  );
}

/** Returns the largest share of a bin in several charts. */
export function highestShare(spreads: readonly (Spread | null)[]): number {
  return Math.max(
    0,
    ...spreads.flatMap((spread) =>
      spread === null || spread.n === 0 ? [] : spread.bins.map((size) => size / spread.n),
    ),
  );
}
