/** The loop as one picture: a lane per role, the stages in the paper's order, and the funnel of the questions. */

import type { IterationView, RunView } from '../../../../src/view/runs/types.ts';
import { stageNumber } from '../../../../src/roles.ts';
import { Funnel } from './funnel.tsx';
import { connections, placeStages } from './lanes.ts';
import './picture.css';
import { type Progress, StageCard } from './stage-card.tsx';

export interface PictureProps {
  view: RunView;
  iteration: IterationView;
  progress: Progress | null;
}

export function Picture({ view, iteration, progress }: PictureProps) {
  const { roles, supervised, card } = view;
  const placed = placeStages(iteration.stages, roles);
  const [columns, lanes] = [placed.length, roles.length];
  const isBase = iteration.iteration === 0;
  const titleOf = (role: string | null) => roles.find(({ name }) => name === role)?.title ?? null;
  const voting = roles.findIndex(({ name }) => name === 'solver');
  const posing = placed.find(({ stage }) => stage.stage === 'train-challenger');
  return (
    <section class="card picture" aria-label={isBase ? 'The base' : `The loop of iteration ${iteration.iteration}`}>
      <div class="lanes" style={{ '--columns': columns, '--lanes': lanes }}>
        {roles.map(({ name, title }, lane) => (
          <div key={name} class={`lane role-${name}`} style={{ gridRow: lane + 1 }} aria-hidden="true">
            <span>{title}</span>
          </div>
        ))}
        <svg class="wires" viewBox={`0 0 ${columns} ${lanes}`} preserveAspectRatio="none" aria-hidden="true">
          {connections(placed, lanes).map(({ path, to }) => (
            <path key={to.stage} d={path} class={`wire wire-${to.state}`} />
          ))}
        </svg>
        {posing?.lane !== null && posing !== undefined && voting > 0 && (
          <p class="ghost" style={{ gridColumn: `${posing.column + 1} / span 2`, gridRow: voting + 1 }}>
            The frozen Solver votes on every new question: the less it agrees, the higher the reward.
          </p>
        )}
        {placed.map(({ stage, column, lane }) => (
          <div
            key={stage.stage}
            class="place"
            style={{ gridColumn: column + 1, gridRow: lane === null ? '1 / -1' : lane + 1 }}
          >
            <StageCard
              stage={stage}
              number={isBase ? null : supervised ? String(column + 1) : numberOf(stage.stage, column)}
              roleTitle={titleOf(stage.role)}
              closing={iteration.closing}
              progress={progress?.stage === stage.stage && progress.iteration === iteration.iteration ? progress : null}
            />
          </div>
        ))}
      </div>
      {!isBase && !supervised && iteration.iteration < (card.iterations ?? 0) && (
        <p class="again" style={{ '--columns': columns }}>
          iteration {iteration.iteration + 1} starts from {lanes > 2 ? 'all' : 'both'}
        </p>
      )}
      {!isBase && <Funnel iteration={iteration} />}
    </section>
  );
}

/** A stage of another program has its place as its number. */
function numberOf(stage: string, column: number): string {
  const number = stageNumber(stage);
  return number === '0' ? String(column + 1) : number;
}
