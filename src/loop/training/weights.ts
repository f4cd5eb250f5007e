/** Which weights a phase starts from, how it keeps its newest state, and when states are removed. The engine owns the states. */

import { join } from 'node:path';
import type { Policy, StateRef, WeightsRef } from '../../engine/engine.ts';
import { MEASURED } from '../../roles.ts';
import type { RunStore, WeightsRecord } from '../../store/store.ts';
import type { RoleName } from '../../types.ts';
import { adaptationOf } from './adapt.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { roleNamed, type TrainedRole } from './roles.ts';

/** Folder of a run that holds the weights of the iteration chosen as best. */
export const BEST_FOLDER = 'best';

/** A role's weights at the end of an iteration: what its last phase up to then came to (or another role's where they share), else the base. */
export function weightsAfter(ctx: RunContext, role: RoleName, iteration: number): WeightsRef {
  // Shared weights are those of the phase that came last within the iteration.
  const roles = ctx.config.weights === 'shared' ? ctx.roles.toReversed() : [roleNamed(ctx.roles, role)];
  for (let at = iteration; at > 0; at--) {
    for (const one of roles) {
      const record = phaseResult(ctx.store, one, at);
      if (record !== null) return stateRef(ctx.store, record);
    }
  }
  return ctx.base;
}

/** What a role's phase ended with; `start` where it took no step. */
export function weightsOfPhase(ctx: RunContext, role: RoleName, iteration: number, start: WeightsRef): WeightsRef {
  const record = phaseResult(ctx.store, roleNamed(ctx.roles, role), iteration);
  return record === null ? start : stateRef(ctx.store, record);
}

/** What a phase came to, or has come to so far: the state of its step `keepStep` where there is one, else its newest; null before its first. */
export function phaseResult(
  store: Pick<RunStore, 'allWeights' | 'weights'>,
  role: TrainedRole,
  iteration: number,
): WeightsRecord | null {
  const kept = recordsOf(store, role.name, iteration).find((record) => record.step === role.dials.keepStep);
  return kept ?? store.weights(role.name, iteration);
}

/** The reference to a recorded state. */
export function stateRef(store: Pick<RunStore, 'dir'>, { state }: WeightsRecord): StateRef {
  return { kind: 'state', id: state, home: store.dir };
}

/** A phase's policy, and the weights it was opened from. */
export interface OpenPhase {
  policy: Policy;
  from: WeightsRef;
  /** Whether `from` is a state of the phase itself. */
  resumed: boolean;
}

/**
 * The policy that a phase trains: from the phase's newest durable state with its optimizer, or, at the
 * phase's start, from `start` with a fresh one.
 */
export async function openPhase(
  ctx: RunContext,
  role: RoleName,
  iteration: number,
  start: WeightsRef,
): Promise<OpenPhase> {
  const record = ctx.store.weights(role, iteration);
  const resumed = record !== null;
  const from = resumed ? stateRef(ctx.store, record) : start;
  const optimizer = resumed ? 'restore' : 'fresh';
  const policy = await ctx.engine.openPolicy({ from, optimizer, adapt: adaptationOf(ctx.config, role) });
  return { policy, from, resumed };
}

/**
 * Saves a policy's state for the step that is about to be committed. Once it is, the phase's states that are no
 * longer wanted are removed; the one that this session opened stays until the phase's end, because the policy may
 * still read it.
 */
export async function savePhase(
  ctx: RunContext,
  role: TrainedRole,
  place: StepPlace,
  opened: OpenPhase,
): Promise<{ weights: WeightsRecord; afterCommit: () => Promise<void> }> {
  const { iteration, step, steps } = place;
  const before = wantedStates(ctx, role, iteration);
  const name = `${role.weights}-${iteration}-step-${step + 1}`;
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

/** Removes what a killed session left behind: half-written states, and states that are no longer wanted. */
export async function sweepStates(ctx: RunContext): Promise<void> {
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

/** The part of a unit that forgets a phase's weights, and what removes its states once that is durable. */
export function forgetPhase(
  ctx: RunContext,
  role: RoleName,
  iteration: number,
): { forget: Pick<WeightsRecord, 'role' | 'iteration'>; afterCommit: () => Promise<void> } {
  const states = recordsOf(ctx.store, role, iteration).map(({ state }) => state);
  return { forget: { role, iteration }, afterCommit: () => removeStates(ctx, states, []) };
}

/** Exports the measured role's weights of the chosen iteration to `best/`, as a plain checkpoint. */
export async function keepBest(ctx: RunContext, iteration: number): Promise<void> {
  await ctx.engine.exportTo(weightsAfter(ctx, MEASURED, iteration), join(ctx.store.dir, BEST_FOLDER));
}

/** Ids of the states of a phase that are still wanted: its result, and the newest to go on from while it lasts. */
function wantedStates(ctx: RunContext, role: TrainedRole, iteration: number): string[] {
  const newest = ctx.store.weights(role.name, iteration);
  const result = phaseResult(ctx.store, role, iteration);
  if (newest === null || result === null) return [];
  const ended = newest.step >= role.dials.steps;
  return (ended ? [result] : [result, newest]).map(({ state }) => state);
}

async function removeStates(ctx: RunContext, states: readonly string[], keep: readonly string[]): Promise<void> {
  for (const id of new Set(states)) {
    if (!keep.includes(id)) await ctx.engine.remove({ kind: 'state', id, home: ctx.store.dir });
  }
}

function recordsOf(store: Pick<RunStore, 'allWeights'>, role: RoleName, iteration: number): WeightsRecord[] {
  return store.allWeights().filter((record) => record.role === role && record.iteration === iteration);
}
