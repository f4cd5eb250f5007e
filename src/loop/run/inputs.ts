/**
 * Pins what a run is made from by content, so that it never continues with other weights or other questions. The pins of
 * user code are in `code-record.ts`; questions with known answers are copied into the run (`known-answers.ts`).
 */

import type { RunConfig } from '../../config/schema.ts';
import type { Engine } from '../../engine/engine.ts';
import { ConfigError } from '../../errors.ts';
import { localFileOf } from '../../eval/load-task.ts';
import type { Task } from '../../eval/task.ts';
import type { Emit } from '../../events.ts';
import { confirmFile, type FilePin, pinFile } from '../../files/file-pin.ts';
import {
  confirmModelOfRun,
  keptInputs,
  pinModelOfRun,
  type PinnedModel,
  RUN_INPUTS,
  type RunInputs,
} from '../../generate/run-inputs.ts';
import { partialResult } from '../../store/partials.ts';
import { newRunCommand } from '../../store/failures.ts';
import type { RunStore } from '../../store/store.ts';

type Tasks = ReadonlyMap<string, readonly Task[]>;

/** Pins the inputs of a new run. */
export async function pinInputs(config: RunConfig, tasks: Tasks): Promise<RunInputs> {
  const data: Record<string, FilePin> = {};
  for (const { name, file } of dataFiles(config, tasks)) if (file !== null) data[name] = await pinFile(file);
  return { ...(await pinModelOfRun(config.model, config.engine.kind === 'tinker')), data };
}

/** Stores the pins, unless the run holds the same ones. */
export function keepInputs(store: RunStore, inputs: RunInputs): void {
  if (JSON.stringify(keptInputs(store)) === JSON.stringify(inputs)) return;
  const partial = partialResult(RUN_INPUTS, { iteration: 0, step: 0 }, inputs);
  store.commit({ cursor: store.cursor(), partials: [partial] });
}

/**
 * Compares the inputs of a run with its record. Returns the record with new stamps; for a run without a record, the
 * inputs as they are now.
 * @throws ModelLoadError or ConfigError that names the changed file
 */
export async function confirmInputs(store: RunStore, config: RunConfig, tasks: Tasks): Promise<RunInputs> {
  const kept = keptInputs(store);
  if (kept === null) return pinInputs(config, tasks);
  const model = await confirmModelOfRun(config.model, kept, { advice: adviceIn(store) });
  const data: Record<string, FilePin> = { ...kept.data };
  for (const { name, file, title } of dataFiles(config, tasks)) {
    if (file === null || !(name in kept.data)) continue;
    const now = await confirmFile(file, kept.data[name]);
    if (now === null) {
      throw new ConfigError(
        `The data of the benchmark ${title} ${file} changed since the run started.`,
        adviceIn(store),
      );
    }
    data[name] = now;
  }
  return { ...model, data };
}

/** Says once that a run of an older version has no record, so its inputs so far are not checked. */
export function warnUnchecked(store: RunStore, emit: Emit): void {
  const { version } = store.meta();
  emit({
    type: 'warning',
    message: `The base model and the benchmark data are not checked: rzero ${version} recorded no fingerprints of them. From now on they are.`,
  });
}

/**
 * Returns an engine that refuses to open the base model if its files have changed since `pinned`. Such a change is
 * noticed within a session too, because every phase opens the base again.
 */
export function guardBase(engine: Engine, pinned: PinnedModel, store: Pick<RunStore, 'dir'>): Engine {
  const check = async (ref: { kind: string; path?: string }): Promise<void> => {
    if (ref.kind === 'base' && ref.path !== undefined)
      await confirmModelOfRun(ref.path, pinned, { advice: adviceIn(store) });
  };
  return {
    name: engine.name,
    ...(engine.device === undefined ? {} : { device: engine.device }),
    threads: engine.threads,
    slots: engine.slots,
    busySeconds: () => engine.busySeconds(),
    inspect: (ref) => engine.inspect(ref),
    openPolicy: async (options) => {
      await check(options.from);
      return engine.openPolicy(options);
    },
    openSampler: async (ref, purpose) => {
      await check(ref);
      return engine.openSampler(ref, purpose);
    },
    remove: (ref) => engine.remove(ref),
    exportTo: async (ref, folder) => {
      await check(ref);
      await engine.exportTo(ref, folder);
    },
    states: (home) => engine.states(home),
    close: () => engine.close(),
    ...(engine.concurrent === undefined ? {} : { concurrent: engine.concurrent }),
    ...(engine.usage === undefined ? {} : { usage: engine.usage.bind(engine) }),
    ...(engine.findings === undefined ? {} : { findings: engine.findings.bind(engine) }),
  };
}

function adviceIn({ dir }: Pick<RunStore, 'dir'>): string {
  return `Restore it as it was, or start a new run: \`${newRunCommand(dir)}\`, with \`--model FOLDER\` for another model.`;
}

/** Lists the benchmarks of a run, each with its data file on this machine; null if its data comes from the hub. */
function dataFiles({ evaluation }: RunConfig, tasks: Tasks): { name: string; title: string; file: string | null }[] {
  const dataDir = evaluation.dataDir || process.env.RZERO_DATA;
  return [...tasks.values()].flat().map((task) => ({
    name: task.name,
    title: task.title,
    file: localFileOf(task, dataDir),
  }));
}
