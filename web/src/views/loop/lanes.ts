/** Places the stages of an iteration in the lanes of their roles. Pure. */

import type { RunView, StageView } from '../../../../src/view/runs/types.ts';

export interface Placed {
  stage: StageView;
  /** Column, from 0. */
  column: number;
  /** Lane, from 0; null if no model works in it: it spans all lanes. */
  lane: number | null;
}

/** Returns the place of every stage; a role without a lane of its own spans all. */
export function placeStages(stages: readonly StageView[], roles: RunView['roles']): Placed[] {
  return stages.map((stage, column) => {
    const lane = roles.findIndex(({ name }) => name === stage.role);
    return { stage, column, lane: lane === -1 ? null : lane };
  });
}

/**
 * Returns the lines from each stage to the next, as paths in a box of `columns` × `lanes` units whose cells are one unit
 * wide and high. They run from middle to middle, under the cards.
 */
export function connections(placed: readonly Placed[], lanes: number): { path: string; to: StageView }[] {
  const middle = ({ column, lane }: Placed): [number, number] => [column + 0.5, lane === null ? lanes / 2 : lane + 0.5];
  return placed.slice(1).map((to, at) => {
    const [x1, y1] = middle(placed[at]);
    const [x2, y2] = middle(to);
    const x = (x1 + x2) / 2;
    return { path: `M${x1} ${y1}C${x} ${y1} ${x} ${y2} ${x2} ${y2}`, to: to.stage };
  });
}
