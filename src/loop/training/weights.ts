/** Where the two players' weights lie, which ones a phase starts from, and how a phase keeps its newest state. */

import { existsSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunConfig } from '../../config/schema.ts';
import type { Policy, WeightsRef } from '../../engine/engine.ts';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import type { RunStore, WeightsRecord } from '../../store/store.ts';
import type { Role } from '../../types.ts';
import { adaptationOf } from './adapt.ts';
import type { RunContext, StepPlace } from '../context.ts';

/** Folder of a run that holds the weights of the iteration chosen as best. */
export const BEST_FOLDER = 'best';
const WEIGHTS_FOLDER = 'weights';
/** Files of a state that a checkpoint for use does not need. */
const TRAINING_FILES = new Set(['optimizer.safetensors', 'trainer.json']);

/** A role's weights at the end of an iteration: what its last phase up to then came to (or the other role's where they share), else the base. */
export function weightsAfter(ctx: RunContext, role: Role, iteration: number): WeightsRef {
  // Within an iteration the Solver's phase comes last.
  const roles: readonly Role[] = ctx.config.weights === 'shared' ? ['solver', 'challenger'] : [role];
  for (let at = iteration; at > 0; at--) {
    for (const one of roles) {
      const record = phaseResult(ctx.store, ctx.config, one, at);
      if (record !== null) return stateRef(ctx.store, record);
    }
  }
  return ctx.base;
}

/** What a role's phase ended with; `start` where it took no step. */
export function weightsOfPhase(ctx: RunContext, role: Role, iteration: number, start: WeightsRef): WeightsRef {
  const record = phaseResult(ctx.store, ctx.config, role, iteration);
  return record === null ? start : stateRef(ctx.store, record);
}

/** What a phase came to, or has come to so far: the state of its step `keepStep` where there is one, else its newest; null before its first. */
export function phaseResult(store: RunStore, config: RunConfig, role: Role, iteration: number): WeightsRecord | null {
  const { keepStep } = config[role];
  const kept = store
    .allWeights()
    .find((record) => record.role === role && record.iteration === iteration && record.step === keepStep);
  return kept ?? store.weights(role, iteration);
}

/** Paths of the states of a phase that are still wanted: its result, and the newest to go on from while it lasts. */
function wantedStates(ctx: RunContext, role: Role, iteration: number): string[] {
  const newest = ctx.store.weights(role, iteration);
  const result = phaseResult(ctx.store, ctx.config, role, iteration);
  if (newest === null || result === null) return [];
  const ended = newest.step >= ctx.config[role].steps;
  return (ended ? [result] : [result, newest]).map((record) => join(ctx.store.dir, record.path));
}

/** The reference to a recorded state. Its version is read from the folder by the engine; this one only tells how far the phase was. */
export function stateRef(store: RunStore, record: WeightsRecord): WeightsRef {
  return { kind: 'state', path: join(store.dir, record.path), version: record.step };
}

/** A phase's policy, and the weights it was opened from. */
export interface OpenPhase {
  policy: Policy;
  from: WeightsRef;
}

/**
 * The policy that a phase trains: from the phase's newest durable state with its optimizer, or, at the
 * phase's start, from `start` with a fresh one.
 */
export async function openPhase(ctx: RunContext, role: Role, iteration: number, start: WeightsRef): Promise<OpenPhase> {
  const record = ctx.store.weights(role, iteration);
  const from = record === null ? start : stateRef(ctx.store, record);
  const optimizer = record === null ? 'fresh' : 'restore';
  return { policy: await ctx.engine.openPolicy({ from, optimizer, adapt: adaptationOf(ctx.config, role) }), from };
}

/**
 * Saves a policy's state for the step that is about to be committed. Once it is, the states of the phase that
 * nobody wants any more go; the one that this session opened stays until the phase's end, as the policy may still read its
 * tokenizer files.
 */
export async function savePhase(
  ctx: RunContext,
  role: Role,
  place: StepPlace,
  opened: OpenPhase,
): Promise<{ weights: WeightsRecord; afterCommit: () => Promise<void> }> {
  const { iteration, step, steps } = place;
  const path = `${WEIGHTS_FOLDER}/${phaseName(role, iteration)}${step + 1}`;
  const folder = join(ctx.store.dir, path);
  // A killed run may have left a state that no commit points to.
  await rm(folder, { recursive: true, force: true });
  await opened.policy.save(folder);
  return {
    weights: { role, iteration, step: step + 1, path },
    async afterCommit() {
      const open = step + 1 < steps && opened.from.kind === 'state' ? [opened.from.path] : [];
      const keep = [...wantedStates(ctx, role, iteration), ...open];
      await removeStates(join(ctx.store.dir, WEIGHTS_FOLDER), phaseName(role, iteration), keep);
      ctx.emit({ type: 'weights-saved', role, iteration, step: step + 1, path: folder });
    },
  };
}

/** Removes what a killed session left behind: half-written states, and states that nobody wants any more. */
export async function sweepStates(ctx: RunContext): Promise<void> {
  const wanted = ctx.store.allWeights().flatMap(({ role, iteration }) => wantedStates(ctx, role, iteration));
  await removeStates(join(ctx.store.dir, WEIGHTS_FOLDER), '', wanted);
}

/** Removes all states of a phase whose records a commit has forgotten. */
export async function forgetPhase(ctx: RunContext, role: Role, iteration: number): Promise<void> {
  await removeStates(join(ctx.store.dir, WEIGHTS_FOLDER), phaseName(role, iteration), []);
}

/** Removes the folder's entries whose names start with `prefix`, but for the paths to keep. */
async function removeStates(folder: string, prefix: string, keep: readonly string[]): Promise<void> {
  for (const name of existsSync(folder) ? await readdir(folder) : []) {
    const path = join(folder, name);
    if (name.startsWith(prefix) && !keep.includes(path)) await rm(path, { recursive: true, force: true });
  }
}

function phaseName(role: Role, iteration: number): string {
  return `${role}-${iteration}-step-`;
}

/** Copies the chosen Solver to `best/` as a plain checkpoint: without what only training needs. */
export async function keepBest(ctx: RunContext, iteration: number): Promise<void> {
  const from = weightsAfter(ctx, 'solver', iteration);
  if (from.kind === 'snapshot') return;
  await writeFolderAtomically(join(ctx.store.dir, BEST_FOLDER), (temp) =>
    cp(from.path, temp, { recursive: true, filter: (path) => !TRAINING_FILES.has(basename(path)) }),
  );
}
