/** Finds the weights that a phase starts from, saves its states and removes old ones. The engine owns the states. */

import { join } from 'node:path';
import type { Policy, StateRef, WeightsRef } from '../../engine/engine.ts';
import { MEASURED } from '../../roles.ts';
import type { RunStore, WeightsRecord } from '../../store/store.ts';
import type { RoleName } from '../../types.ts';
import { adaptationOf } from './adapt.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { roleNamed, type TrainedRole } from './roles.ts';

/** What saving and removing states uses of a run. */
type StateContext = Pick<RunContext, 'engine' | 'store'>;

/** Folder inside a run with the weights of the best iteration. */
export const BEST_FOLDER = 'best';

/**
 * Returns a role's weights at the end of an iteration: the result of its last phase up to then, else the base model.
 * With `weights = "shared"`, the last phase of any role counts.
 */
export function weightsAfter(
  ctx: Pick<RunContext, 'base' | 'config' | 'roles' | 'store'>,
  role: RoleName,
  iteration: number,
): WeightsRef {
  // Shared weights come from the last phase within the iteration.
  const roles = ctx.config.weights === 'shared' ? ctx.roles.toReversed() : [roleNamed(ctx.roles, role)];
  for (let at = iteration; at > 0; at--) {
    for (const one of roles) {
      const record = phaseResult(ctx.store, one, at);
      if (record !== null) return stateRef(ctx.store, record);
    }
  }
  return ctx.base;
}

/** Returns the result of a role's phase; `start` if it ran no step. */
export function weightsOfPhase(
  ctx: Pick<RunContext, 'roles' | 'store'>,
  role: RoleName,
  iteration: number,
  start: WeightsRef,
): WeightsRef {
  const record = phaseResult(ctx.store, roleNamed(ctx.roles, role), iteration);
  return record === null ? start : stateRef(ctx.store, record);
}

/** Returns the result of a phase so far: the state of step `keepStep` if it exists, else the newest; null before the first. */
export function phaseResult(
  store: Pick<RunStore, 'allWeights' | 'weights'>,
  role: TrainedRole,
  iteration: number,
): WeightsRecord | null {
  const kept = recordsOf(store, role.name, iteration).find((record) => record.step === role.settings.keepStep);
  return kept ?? store.weights(role.name, iteration);
}

/** Returns the reference to a recorded state. */
export function stateRef(store: Pick<RunStore, 'dir'>, { state }: WeightsRecord): StateRef {
  return { kind: 'state', id: state, home: store.dir };
}

/** Returns the newest committed weights of a phase; `start` before its first step. */
export function newestWeights(
  { store }: Pick<RunContext, 'store'>,
  role: RoleName,
  iteration: number,
  start: WeightsRef,
): WeightsRef {
  const record = store.weights(role, iteration);
  return record === null ? start : stateRef(store, record);
}

/** The policy of a phase, and the weights that it was opened from. */
export interface OpenPhase {
  policy: Policy;
  from: WeightsRef;
  /** Whether `from` is a state of this phase. */
  resumed: boolean;
}

/**
 * Opens the policy of a phase: from the phase's newest committed state with its optimizer, or from `start` with a fresh
 * optimizer.
 */
export async function openPhase(
  ctx: Pick<RunContext, 'config' | 'engine' | 'store'>,
  role: RoleName,
  iteration: number,
  start: WeightsRef,
): Promise<OpenPhase> {
  const resumed = ctx.store.weights(role, iteration) !== null;
  const from = newestWeights(ctx, role, iteration, start);
  const optimizer = resumed ? 'restore' : 'fresh';
  const policy = await ctx.engine.openPolicy({
    from,
    optimizer,
    adapt: adaptationOf(ctx.config, role),
    purpose: { role },
  });
  return { policy, from, resumed };
}

/**
 * Saves a policy's state for the step that is about to be committed. `afterCommit` removes the states of the phase that
 * are no longer needed. The state that this session opened stays until the end of the phase, because the policy may
 * still read it.
 */
export async function savePhase(
  ctx: StateContext & Pick<RunContext, 'emit'>,
  role: TrainedRole,
  place: StepPlace,
  opened: OpenPhase,
): Promise<{ weights: WeightsRecord; afterCommit: () => Promise<void> }> {
  const { iteration, step, steps } = place;
  const before = wantedStates(ctx, role, iteration);
  const name = `${role.weights}-${iteration}-step-${step + 1}`;
  // A deleted folder must not come back with nothing but weights in it.
  ctx.store.check();
  const { id } = await opened.policy.save({ home: ctx.store.dir, name });
  const open = opened.resumed && opened.from.kind === 'state' ? [opened.from.id] : [];
  return {
    weights: { role: role.name, iteration, step: step + 1, state: id },
    async afterCommit() {
      const keep = [...wantedStates(ctx, role, iteration), ...(step + 1 < steps ? open : [])];
      await removeStates(ctx, [...before, ...open, id], keep);
      ctx.emit({ type: 'weights-saved', role: role.name, iteration, step: step + 1, state: id });
    },
  };
}

/** Removes what a crashed session left behind: incomplete states, and states that are no longer needed. */
export async function sweepStates(ctx: StateContext & Pick<RunContext, 'roles'>): Promise<void> {
  const wanted = ctx.store
    .allWeights()
    .flatMap(({ role, iteration }) => wantedStates(ctx, roleNamed(ctx.roles, role), iteration));
  const found = await ctx.engine.states(ctx.store.dir);
  await removeStates(
    ctx,
    found.map(({ id }) => id),
    wanted,
  );
}

/** Returns the part of a unit that deletes the records of a phase's weights, and `afterCommit`, which removes its states. */
export function forgetPhase(
  ctx: StateContext,
  role: RoleName,
  iteration: number,
): { forget: Pick<WeightsRecord, 'role' | 'iteration'>; afterCommit: () => Promise<void> } {
  const states = recordsOf(ctx.store, role, iteration).map(({ state }) => state);
  return { forget: { role, iteration }, afterCommit: () => removeStates(ctx, states, []) };
}

/**
 * Exports the Solver's weights of the chosen iteration to `best/`: a plain checkpoint or, if the run trains adapters, an
 * adapter. An adapter for the base changes nothing, so that `best/` has the same form whichever iteration is chosen.
 */
export async function keepBest(
  ctx: Pick<RunContext, 'base' | 'config' | 'engine' | 'roles' | 'store'>,
  iteration: number,
): Promise<void> {
  ctx.store.check();
  const best = weightsAfter(ctx, MEASURED, iteration);
  const folder = join(ctx.store.dir, BEST_FOLDER);
  const adapt = adaptationOf(ctx.config, MEASURED);
  if (best.kind !== 'base' || adapt.kind === 'full') return ctx.engine.exportTo(best, folder);
  const policy = await ctx.engine.openPolicy({ from: best, optimizer: 'fresh', adapt });
  try {
    const state = await policy.save({ home: ctx.store.dir, name: 'base' });
    await ctx.engine.exportTo(state, folder);
    await ctx.engine.remove(state);
  } finally {
    await policy.close();
  }
}

/** Returns the ids of the states of a phase that are still needed: its result and, until its end, the newest. */
function wantedStates(ctx: Pick<RunContext, 'store'>, role: TrainedRole, iteration: number): string[] {
  const newest = ctx.store.weights(role.name, iteration);
  const result = phaseResult(ctx.store, role, iteration);
  if (newest === null || result === null) return [];
  const ended = newest.step >= role.settings.steps;
  return (ended ? [result] : [result, newest]).map(({ state }) => state);
}

async function removeStates(ctx: StateContext, states: readonly string[], keep: readonly string[]): Promise<void> {
  for (const id of new Set(states)) {
    if (!keep.includes(id)) await ctx.engine.remove({ kind: 'state', id, home: ctx.store.dir });
  }
}

function recordsOf(store: Pick<RunStore, 'allWeights'>, role: RoleName, iteration: number): WeightsRecord[] {
  return store.allWeights().filter((record) => record.role === role && record.iteration === iteration);
}
