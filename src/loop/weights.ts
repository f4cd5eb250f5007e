/** Where the two players' weights lie, which ones a phase starts from, and how a phase keeps its newest state. */

import { cp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Policy, WeightsRef } from '../engine/engine.ts';
import type { RunStore, WeightsRecord } from '../store/store.ts';
import type { Role } from '../types.ts';
import type { RunContext, StepPlace } from './context.ts';

/** Folder of a run that holds the weights of the iteration chosen as best. */
export const BEST_FOLDER = 'best';

/** A role's weights at the end of an iteration: its newest state up to then, else the base. */
export function weightsAfter(ctx: RunContext, role: Role, iteration: number): WeightsRef {
  for (let at = iteration; at > 0; at--) {
    const record = ctx.store.weights(role, at);
    if (record !== null) return stateRef(ctx.store, record);
  }
  return ctx.base;
}

/** The reference to a recorded state. Its version is read from the folder by the engine; this one only tells how far the phase was. */
export function stateRef(store: RunStore, record: WeightsRecord): WeightsRef {
  return { kind: 'state', path: join(store.dir, record.path), version: record.step };
}

/**
 * The policy that a phase trains: from the phase's newest durable state with its optimizer, or, at the
 * phase's start, from `start` with a fresh one.
 */
export function openPhase(ctx: RunContext, role: Role, iteration: number, start: WeightsRef): Promise<Policy> {
  const record = ctx.store.weights(role, iteration);
  if (record === null) return ctx.engine.openPolicy({ from: start, optimizer: 'fresh' });
  return ctx.engine.openPolicy({ from: stateRef(ctx.store, record), optimizer: 'restore' });
}

/** Saves a policy's state for the step that is about to be committed; the phase's older state goes once it is. */
export async function savePhase(
  ctx: RunContext,
  role: Role,
  place: StepPlace,
  policy: Policy,
): Promise<{ weights: WeightsRecord; afterCommit: () => Promise<void> }> {
  const { iteration, step } = place;
  const older = ctx.store.weights(role, iteration);
  const path = `weights/${role}-${iteration}-step-${step + 1}`;
  const folder = join(ctx.store.dir, path);
  // A killed run may have left a state that no commit points to.
  await rm(folder, { recursive: true, force: true });
  await policy.save(folder);
  return {
    weights: { role, iteration, step: step + 1, path },
    async afterCommit() {
      if (older !== null && older.path !== path)
        await rm(join(ctx.store.dir, older.path), { recursive: true, force: true });
      ctx.emit({ type: 'weights-saved', role, iteration, step: step + 1, path: folder });
    },
  };
}

/** Copies the chosen Solver to `best/` as a plain checkpoint: without the optimizer. */
export async function keepBest(ctx: RunContext, iteration: number): Promise<void> {
  const from = weightsAfter(ctx, 'solver', iteration);
  if (from.kind === 'snapshot') return;
  const target = join(ctx.store.dir, BEST_FOLDER);
  await rm(target, { recursive: true, force: true });
  await cp(from.path, target, {
    recursive: true,
    filter: (path) => !/^(optimizer|trainer_state)\b/.test(basename(path)),
  });
}
