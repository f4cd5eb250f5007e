/**
 * What the rollouts of a training group say of its label. They are new attempts at the question by a Solver that has
 * trained on others, so their majority is evidence of its own, which costs nothing.
 */

import { auc } from '../../eval/auc.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { SolverAttempt } from '../../rewards/correctness.ts';
import type { RunContext } from '../context.ts';
import { meanOf, metricsOf } from '../metrics.ts';

/** Returns whether the majority answer of a group is its label. A group without a label or an answer does not pass. */
export async function passesLabelGate(
  { grader }: Pick<RunContext, 'grader'>,
  items: readonly SolverAttempt[],
): Promise<boolean> {
  const label = items[0]?.label ?? null;
  if (label === null) return false;
  const majority = await grader.tally(items.map(({ answer }) => answer));
  return grader.comparerTo(label)(majority.label);
}

/** A group of a step: whether its label is right (null if unknown), the share of rollouts that name it, and the gate. */
export interface SeenGroup {
  isRight: boolean | null;
  share: number;
  passes: boolean;
}

/**
 * Returns `label_auc`, how well the share of rollouts that name the label separates right labels from wrong ones; and with the
 * gate `label_gate/passed`, the share of groups that pass, and the shares of right labels on either side. Without an
 * oracle, only the share that passes is known.
 */
export function labelSignals(
  groups: readonly SeenGroup[],
  { labelGate }: Pick<RunConfig['solver'], 'labelGate'>,
): Record<string, number> {
  const known = groups.filter(({ isRight }) => isRight !== null);
  const rightWhere = (passes: boolean): number | null =>
    meanOf(known.filter((one) => one.passes === passes).map(({ isRight }) => Number(isRight)));
  return {
    ...metricsOf('', {
      label_auc: auc(known.map(({ share, isRight }) => ({ score: share, isTrue: isRight === true }))),
    }),
    ...(labelGate
      ? metricsOf('label_gate/', {
          passed: meanOf(groups.map(({ passes }) => Number(passes))),
          right: rightWhere(true),
          right_if_not: rightWhere(false),
        })
      : {}),
  };
}
