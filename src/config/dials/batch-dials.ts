/** Contradictions between the groups of a training step, its mini-batches and the monitors. Pure. */

import type { RunConfig, TrainingDials } from '../schema.ts';
import { trainsChallenger } from '../phases.ts';
import type { Contradiction } from './contradiction.ts';

/** A role's step: its settings, and the setting that gives its number of groups. */
interface Step {
  section: 'challenger' | 'solver';
  dials: TrainingDials & { groupSize: number };
  groups: number;
  groupsKey: 'groups' | 'prompts';
}

/** Returns what contradicts in the settings of the training steps. */
export function batchContradictions(config: RunConfig): Contradiction[] {
  const steps = stepsOf(config);
  return [...steps.flatMap((step) => updates(step) ?? microBatch(step) ?? []), ...patience(config, steps)];
}

function stepsOf(config: RunConfig): Step[] {
  const { challenger, solver } = config;
  const posing: Step[] = trainsChallenger(config)
    ? [{ section: 'challenger', dials: challenger, groups: challenger.groups, groupsKey: 'groups' }]
    : [];
  const solving: Step[] =
    solver.steps > 0 ? [{ section: 'solver', dials: solver, groups: solver.prompts, groupsKey: 'prompts' }] : [];
  return [...posing, ...solving];
}

/** Every mini-batch needs a group. */
function updates({ section, dials, groups, groupsKey }: Step): Contradiction | null {
  if (dials.updates <= groups) return null;
  return {
    problem: `${section}.updates = ${dials.updates} splits a step of ${section}.${groupsKey} = ${groups} groups into more mini-batches than it has groups`,
    fix: { [`${section}.updates`]: groups },
  };
}

/**
 * With `micro-batch-mean`, the rollouts of a smaller micro-batch would weigh more. Dropped groups change the number of
 * rollouts, so the sizes are comparable only without them.
 */
function microBatch({ section, dials, groups, groupsKey }: Step): Contradiction | null {
  if (dials.aggregation !== 'micro-batch-mean') return null;
  const sizes = [Math.floor(groups / dials.updates), Math.ceil(groups / dials.updates)].map(
    (count) => count * dials.groupSize,
  );
  const fits = dials.dropZeroVariance
    ? dials.microBatch <= sizes[0]
    : sizes.every((rollouts) => rollouts % dials.microBatch === 0);
  if (fits) return null;
  const rollouts = [...new Set(sizes)].join(' or ');
  return {
    problem: `${section}.microBatch = ${dials.microBatch} does not divide a mini-batch of ${rollouts} rollouts (${section}.${groupsKey} = ${groups}, ${section}.groupSize = ${dials.groupSize}, ${section}.updates = ${dials.updates})`,
    fix: { [`${section}.microBatch`]: 1 },
  };
}

/** A monitor that acts needs as many steps as it waits for. */
function patience({ monitors }: RunConfig, steps: readonly Step[]): Contradiction[] {
  const acts = monitors.action === 'stop' || monitors.action === 'rollback';
  const longest = Math.max(0, ...steps.map(({ dials }) => dials.steps));
  if (!acts || longest === 0 || monitors.patience <= longest) return [];
  const counts = steps.map(({ section, dials }) => `${section}.steps = ${dials.steps}`).join(' and ');
  return [
    {
      problem: `monitors.patience = ${monitors.patience} waits for more steps than ${counts}, so monitors.action = "${monitors.action}" never happens in training`,
      fix: { 'monitors.patience': longest },
    },
  ];
}
