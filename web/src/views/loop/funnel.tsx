/** Draws the funnel of an iteration's questions. */

import { count } from '../../../../src/text/numbers.ts';
import type { IterationView } from '../../../../src/view/runs/types.ts';
import { funnelPath, funnelSteps } from './funnel.ts';

const [WIDTH, HEIGHT] = [500, 60];

export function Funnel({ iteration: { counts, dropped } }: { iteration: IterationView }) {
  const steps = funnelSteps(counts, dropped);
  return (
    <div class="funnel">
      <svg class="funnel-shape" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <defs>
          <linearGradient id="funnel-fill" x1="0" x2="1" y1="0" y2="0">
            <stop offset="0" stop-color="var(--challenger)" />
            <stop offset="0.5" stop-color="var(--between)" />
            <stop offset="1" stop-color="var(--solver)" />
          </linearGradient>
        </defs>
        <rect width={WIDTH} height={HEIGHT} class="funnel-all" />
        <path
          d={funnelPath(
            steps.map(({ share }) => share),
            WIDTH,
            HEIGHT,
          )}
          fill="url(#funnel-fill)"
        />
      </svg>
      <ol class="funnel-steps" aria-label="Questions, from posed to trained on">
        {steps.map(({ key, name, count: number, lost }) => (
          <li key={key} data-count={key}>
            <strong class={number === null ? 'unknown' : undefined}>{number === null ? '–' : count(number)}</strong>
            <span class="funnel-name">{name}</span>
            {lost.map((text) => (
              <span key={text} class="lost">
                {text}
              </span>
            ))}
          </li>
        ))}
      </ol>
    </div>
  );
}
