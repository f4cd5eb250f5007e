/** Opens everything that a run needs, new or resumed, and closes it again. */

import { basename, join, resolve } from 'node:path';
import { createGrader } from '../answers/grader.ts';
import { resolveConfig } from '../config/load.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import { loadDomain } from '../domains/index.ts';
import type { Engine, WeightsRef } from '../engine/engine.ts';
import { openEngine } from '../engine/index.ts';
import type { Emit } from '../events.ts';
import { obtainModel } from '../models/obtain-model.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { runFolders } from '../store/database.ts';
import { appendEvent } from '../store/event-log.ts';
import { newRunId } from '../store/runs.ts';
import { createRun, openRun } from '../store/sqlite.ts';
import type { RunStore } from '../store/store.ts';
import { RZERO_VERSION } from '../store/version.ts';
import { createClock, type RunContext } from './context.ts';

export interface EvolveOptions {
  /** Any subset of the config; what is left out comes from the scale's preset. */
  config?: ConfigInput;
  /** Folder of the new run; default: a new one in `config.runsDir`. */
  runDir?: string;
  /** Keeps the run elsewhere than in a database in its folder. The caller closes it. */
  store?: RunStore;
  /** An engine that is already open. The caller closes it. */
  engine?: Engine;
}

export interface ResumeOptions {
  engine?: Engine;
  store?: RunStore;
}

export interface OpenRun {
  ctx: RunContext;
  resumed: boolean;
  close(): Promise<void>;
}

interface Handles {
  emit: Emit;
  stop: AbortSignal;
}

/** The engine and the model are tried before the run's folder is made, so that a broken model leaves no empty run. */
export async function openNewRun(options: EvolveOptions, handles: Handles): Promise<OpenRun> {
  const given = resolveConfig({ flags: options.config ?? {} });
  const config = { ...given, model: await obtainForRun(given.model, handles) };
  return assemble(config, options, handles, false, () => {
    const dir = resolve(
      options.runDir ?? join(config.runsDir, newRunId(new Date(), given.model, runFolders(resolve(config.runsDir)))),
    );
    return createRun(dir, { id: basename(dir), createdAt: new Date().toISOString(), version: RZERO_VERSION, config });
  });
}

/** The base model's folder; a download is told as it goes on. */
async function obtainForRun(model: string, { emit, stop }: Handles): Promise<string> {
  return obtainModel(model, {
    signal: stop,
    onProgress: (progress) => emit({ type: 'download', model, ...progress }),
  });
}

export async function openOldRun(dir: string, options: ResumeOptions, handles: Handles): Promise<OpenRun> {
  const store = options.store ?? openRun(dir);
  try {
    return await assemble(store.meta().config, options, handles, true, () => store);
  } catch (error) {
    if (options.store === undefined) store.close();
    throw error;
  }
}

async function assemble(
  config: RunConfig,
  given: { engine?: Engine; store?: RunStore },
  { emit, stop }: Handles,
  resumed: boolean,
  openStore: () => RunStore,
): Promise<OpenRun> {
  const startedAt = performance.now();
  const closers: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const tokenizer = await loadTokenizer(config.model);
    const domain = loadDomain(config.domain);
    const engine = given.engine ?? (await openEngine(config.engine));
    if (given.engine === undefined) closers.push(() => engine.close());
    const base: WeightsRef = { kind: 'base', path: config.model };
    const model = await engine.inspect(base);
    const grader = createGrader();
    closers.push(() => grader.close());
    const store = given.store ?? openStore();
    if (given.store === undefined) closers.push(() => store.close());
    const logged: Emit = (event) => {
      if (given.store === undefined && event.type !== 'progress') appendEvent(store.dir, event);
      emit(event);
    };
    const ctx: RunContext = {
      config,
      engine,
      tokenizer,
      domain,
      grader,
      store,
      emit: logged,
      stop,
      base,
      maxContext: model.maxContext,
      clock: createClock(engine, startedAt),
    };
    logged({
      type: 'run-start',
      runId: store.meta().id,
      runDir: store.dir,
      model: config.model,
      parameters: model.parameters,
      domain: config.domain,
      iterations: config.iterations,
      seed: config.seed,
      threads: engine.threads,
      resumedFrom: resumed ? store.cursor() : null,
    });
    return { ctx, resumed, close };
  } catch (error) {
    await close();
    throw error;
  }
}
