/**
 * The device that a run computes on. It is fixed when the run starts and stored in its config, since numbers differ in
 * their last digits between devices; a run goes on with another one only if that is asked for.
 */

import { basename } from 'node:path';
import { z } from 'zod';
import type { EngineConfig } from '../../config/schema.ts';
import type { Engine } from '../../engine/engine.ts';
import type { DeviceChoice } from '../../engine/kind.ts';
import { engineKind } from '../../engine/open-engine.ts';
import type { DeviceName } from '../../types.ts';
import { ConfigError, EngineError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import { resumeName } from '../../store/failures.ts';
import { type PartialKind, partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';

type LocalEngine = Extract<EngineConfig, { kind: 'local' }>;

/** The engine of a run, and why it has its device; null if nothing had to be chosen or checked. */
export interface RunDevice {
  engine: EngineConfig;
  choice: DeviceChoice | null;
}

const keptDevice = z.object({ device: z.enum(['cpu', 'webgpu']), adapter: z.string().nullable() });
type KeptDevice = z.output<typeof keptDevice>;

/** Stored in iteration 0, with every change. Absent in runs that always used the processor. */
export const RUN_DEVICE: PartialKind<KeptDevice> = { name: 'device', schema: keptDevice };

/**
 * Fixes the device of a new run.
 * @param model folder of its base model
 * @throws EngineError if the settings ask for a GPU that cannot be used
 */
export async function newDevice(engine: EngineConfig, model: string): Promise<RunDevice> {
  const { settle } = await engineKind(engine);
  if (settle === undefined) return { engine, choice: null };
  const { config, choice } = await settle(model);
  return { engine: config, choice };
}

/** What a run that goes on is asked to use. */
export interface AskedDevice {
  /** Null if nothing is asked for: the run keeps its own. */
  device: DeviceName | null;
  /** An engine of the caller that is open already. */
  opened: Engine | null;
  /** Folder of the base model. */
  model: string;
  /** Default: `newDevice`. */
  fix?: typeof newDevice;
}

/**
 * Returns the device for a run that goes on: its own, or the one that is asked for.
 * @throws ConfigError if its engine has no device, or the caller's engine or the GPU is another one than so far
 * @throws EngineError if its GPU cannot be used
 */
export async function continuedDevice(
  store: RunStore,
  engine: EngineConfig,
  { device, opened, model, fix = newDevice }: AskedDevice,
): Promise<RunDevice> {
  if (engine.kind !== 'local') {
    if (device !== null) throw hasNone(store, engine);
    return { engine, choice: null };
  }
  const before = engine.device;
  const asked = device === null ? engine : moved(engine, device);
  if (opened !== null) {
    const now = opened.device;
    if (now !== undefined && asked.device !== 'auto' && now !== asked.device) throw another(store, asked.device, now);
    return { engine: asked, choice: null };
  }
  const settled = await fix(asked, model).catch((error: unknown) => {
    throw device === null ? unusable(store, error) : error;
  });
  const { choice } = settled;
  if (before !== 'auto' && device !== null && device !== before)
    return { ...settled, choice: changed(device, before, choice) };
  const kept = store.partials(RUN_DEVICE, 0).at(-1)?.value.adapter ?? null;
  const adapter = choice?.adapter ?? null;
  if (device === null && kept !== null && adapter !== null && kept !== adapter) throw another(store, kept, adapter);
  return settled;
}

/** The engine for a run that has ended: it only describes the model, which any machine can. */
export function onProcessor(engine: EngineConfig): EngineConfig {
  return engine.kind === 'local' ? moved(engine, 'cpu') : engine;
}

/** Half precision is for the GPU only. */
function moved(engine: LocalEngine, device: DeviceName): LocalEngine {
  return device === 'webgpu' ? { ...engine, device } : { ...engine, device, samplingPrecision: 'float32' };
}

function changed(device: DeviceName, before: DeviceName, choice: DeviceChoice | null): DeviceChoice {
  const reason = `asked for; earlier steps ran on ${before}, so numbers differ in their last digits`;
  return { device, adapter: choice?.adapter ?? null, reason };
}

/** Stores the device where it differs from that of the sessions before, and reports it. */
export function keepDevice(store: RunStore, choice: DeviceChoice, emit: Emit): void {
  const { device, adapter, reason } = choice;
  const all = store.partials(RUN_DEVICE, 0);
  const last = all.at(-1)?.value;
  if (last?.device !== device || last.adapter !== adapter) {
    const partial = partialResult(RUN_DEVICE, { iteration: 0, step: all.length }, { device, adapter });
    store.commit({ cursor: store.cursor(), partials: [partial] });
  }
  emit({ type: 'device', device, adapter, reason });
}

function hasNone(store: RunStore, engine: EngineConfig): ConfigError {
  return new ConfigError(
    `The run ${basename(store.dir)} has the engine "${engine.kind}", which has no device to choose.`,
    `Continue it without --device: \`rzero resume ${resumeName(store.dir)}\`.`,
  );
}

function another(store: RunStore, before: string, now: string): ConfigError {
  return new ConfigError(
    `The run ${basename(store.dir)} was computed on ${before}, and would go on with ${now}: its numbers would differ in their last digits.`,
    `Continue it where it started, or accept that with --device: \`rzero resume ${resumeName(store.dir)} --device webgpu\`, or --device cpu.`,
  );
}

/** Adds the command that continues the run on the processor. */
function unusable(store: RunStore, error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  const [first] = error.message.split('\n', 1);
  return new EngineError(
    error.kind,
    `The run ${basename(store.dir)} computes on WebGPU, which cannot be used here. ${first}`,
    `Continue it on the processor, where its numbers differ in their last digits: \`rzero resume ${resumeName(store.dir)} --device cpu\`.`,
    { cause: error },
  );
}
