/** The scores of a run as a small line, with the base's score as a thin line for comparison. */

import type { RunCard } from '../../../../src/view/runs/types.ts';
import { percent } from '../../../../src/text/numbers.ts';
import { pathOf, place } from '../../charts/sparkline.ts';

const BOX = { width: 96, height: 28, pad: 4 };

export function Trend({ scores }: Pick<RunCard, 'scores'>) {
  if (scores.length < 2) return <span class="none">—</span>;
  const values = scores.map(({ mean }) => mean.value);
  // A line over less than five points of percentage would show noise as a slope.
  const middle = (Math.max(...values) + Math.min(...values)) / 2;
  const half = Math.max(0.025, (Math.max(...values) - Math.min(...values)) / 2);
  const points = place(values, BOX, [middle - half, middle + half]);
  const [first] = points;
  const last = points[points.length - 1];
  const label = `Scores by iteration: ${values.map((value) => percent(value)).join(', ')}`;
  return (
    <svg class="trend" viewBox={`0 0 ${BOX.width} ${BOX.height}`} role="img" aria-label={label}>
      <line x1={BOX.pad} x2={BOX.width - BOX.pad} y1={first.y} y2={first.y} class="trend-base" />
      <path d={pathOf(points)} class="trend-line" />
      <circle cx={last.x} cy={last.y} r="2.6" class="trend-end" />
    </svg>
  );
}
