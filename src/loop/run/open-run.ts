/** Opens everything that a new or resumed run needs, and closes it again. */

import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createGrader } from '../../answers/grader.ts';
import { describeInterruption, type Interruption } from '../../answers/workers/evaluators.ts';
import { checkDials, checkPlanted } from '../../config/dials/check-dials.ts';
import type { Emit, RunEvent } from '../../events.ts';
import { resolveConfig } from '../../config/load.ts';
import { modelName } from '../../config/model-name.ts';
import { hasVerifier, isSupervised } from '../../config/phases.ts';
import { type ConfigInput, configSchema, type RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import { checkAdapt } from '../../engine/check-adapt.ts';
import type { Engine, WeightsRef } from '../../engine/engine.ts';
import type { DeviceChoice } from '../../engine/kind.ts';
import type { Generator } from '../../generate/generator.ts';
import { openEngine } from '../../engine/open-engine.ts';
import { settledService, shownServices } from '../../engine/tinker/address.ts';
import { StoreError } from '../../errors.ts';
import { describeIssue } from '../../text/expectation.ts';
import { folderNamedByRun } from '../../generate/run-model.ts';
import type { HubProgress } from '../../models/hub/hub.ts';
import { obtainModel } from '../../models/hub/obtain-model.ts';
import { today } from '../../models/tokenizer/strftime.ts';
import { loadText, type Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { moduleLabel } from '../../modules.ts';
import { deriveSeed } from '../../random.ts';
import { runFolders } from '../../store/database.ts';
import { newRunId } from '../../store/runs.ts';
import { createRun, openRun } from '../../store/sqlite.ts';
import type { RunStore } from '../../store/store.ts';
import { RZERO_VERSION } from '../../store/version.ts';
import type { DeviceName, QuestionWithAnswer } from '../../types.ts';
import { adaptationOf, adapterOf } from '../training/adapt.ts';
import { plannedSteps, trainedRoles } from '../training/roles.ts';
import { MEASURED, STAGES, STAGES_WITH_VERIFIER } from '../../roles.ts';
import { checkAbilities, checkMeasures, checkVerdicts } from './abilities.ts';
import { checkSizes, longestPrompt } from './check-sizes.ts';
import { readKnownAnswers, checkRoom, keepKnownAnswers, keptKnownAnswers } from './known-answers.ts';
import { applyExtension, extensionOf } from './extend.ts';
import { keptInputs } from '../../generate/run-inputs.ts';
import { hasBegun, keepOrCheckCode, requireGiven } from './code-record.ts';
import { confirmInputs, guardBase, keepInputs, pinInputs, warnUnchecked } from './inputs.ts';
import { type ExtensionOptions, type Extensions, givenParts, openExtensions, withExtensions } from './extensions.ts';
import { checkTaskFiles } from '../benchmarks.ts';
import { createClock, type JudgeSource, type RunContext } from '../context.ts';
import { budgetOf, checkBudget } from '../remote/budget.ts';
import { keepFindings } from '../remote/findings.ts';
import { changedEngine, type ServiceChange } from '../remote/service-change.ts';
import { continuedDevice, keepDevice, newDevice, onProcessor } from '../device/run-device.ts';
import { obtainTexts } from '../remote/texts.ts';
import { usageOf } from '../remote/usage.ts';
import { reportingWaits } from '../remote/waiting.ts';
import { withSavings } from '../watch/only-new-run.ts';
import { splitData } from '../finetune.ts';
import { judgeOf } from './open-judge.ts';
import { modelFacts } from './model-facts.ts';
import { withDate } from './prompt-date.ts';
import { workloadOf } from './workload.ts';
import { type Publish, stampEarly, stampEvents } from './stamp-events.ts';

/** Options of a new run. */
export interface EvolveOptions extends ExtensionOptions {
  /** Any subset of the config. Missing settings come from the preset of the scale. */
  config?: ConfigInput;
  /** Folder of the new run; default: a new one in `config.runsDir`. */
  runDir?: string;
  /** Stores the run here instead of in a database in its folder. The caller closes it. */
  store?: RunStore;
  /** An engine that is already open. The caller closes it. */
  engine?: Engine;
}

/** Options of a resumed run. */
export interface ResumeOptions extends ExtensionOptions, Pick<EvolveOptions, 'engine' | 'store'> {
  /** New number of iterations of the run; default: as before. Not fewer than have begun. */
  iterations?: number;
  /** New settings for a run whose engine is a service: addresses and budget. */
  service?: ServiceChange;
  /** Another device than that of the run; its numbers then differ in their last digits. */
  device?: DeviceName;
}

/** An opened run. */
export interface OpenRun {
  ctx: RunContext;
  resumed: boolean;
  close(): Promise<void>;
}

interface Handles {
  publish: Publish;
  stop: AbortSignal;
}

/**
 * Opens a new run. The engine and the model are opened before the run's folder is created, so that a broken model
 * leaves no empty run.
 * @throws RzeroError of the part that cannot be opened
 */
export async function openNewRun(options: EvolveOptions, handles: Handles): Promise<OpenRun> {
  const given = settled(withExtensions(resolveConfig({ flags: options.config ?? {} }), options));
  checkDials(given);
  // Before the model is downloaded, so that a mistake here shows early.
  const extensions = await openExtensions(given, options);
  // A caller's store has its own time of creation, by which a resumed run finds the same date.
  const date = options.store?.meta().createdAt.slice(0, 10) ?? today();
  const model = await obtainForRun(given, handles);
  const { engine, choice } =
    options.engine === undefined ? await newDevice(given.engine, model) : { engine: given.engine, choice: null };
  const config = await withDate({ ...given, model, engine }, date);
  return assemble({ config, extensions, given: options, handles, old: null, choice }, () => {
    const dir = resolve(
      options.runDir ?? join(config.runsDir, newRunId(new Date(), nameOf(given), runFolders(resolve(config.runsDir)))),
    );
    return createRun(dir, { id: basename(dir), createdAt: new Date().toISOString(), version: RZERO_VERSION, config });
  });
}

/** Returns the folder of the base model, which may be named by another run. Reports the progress of a download as events. */
async function obtainForRun({ model, runsDir, engine }: RunConfig, { publish, stop }: Handles): Promise<string> {
  const options = {
    signal: stop,
    onProgress: (progress: HubProgress) => publish(stampEarly({ type: 'download', model, ...progress })),
  };
  if (engine.kind === 'tinker') return obtainTexts(model, runsDir, options);
  return (await folderNamedByRun(model, runsDir)) ?? obtainModel(model, options);
}

/**
 * Opens the run in `dir` to continue it.
 * @throws StoreError if it cannot be read, ConfigError if its user code differs, or it cannot have `iterations`
 */
export async function openOldRun(dir: string, options: ResumeOptions, handles: Handles): Promise<OpenRun> {
  const store = options.store ?? openRun(dir);
  try {
    const extension = options.iterations === undefined ? null : extensionOf(store, options.iterations);
    const planned = configOf(store);
    const ended = store.summary() !== null && extension === null;
    const asked = { device: options.device ?? null, opened: options.engine ?? null, model: planned.model };
    const served = changedEngine(planned.engine, options.service, store.dir);
    // A run that has ended computes nothing.
    const { engine, choice } = ended ? { engine: served, choice: null } : await continuedDevice(store, served, asked);
    const config = { ...planned, engine, iterations: extension?.to ?? planned.iterations };
    if (store.summary() === null || extension !== null) checkBudget(engine, store);
    requireGiven(store, givenParts(options));
    const extensions = await openExtensions(config, options);
    keepOrCheckCode(store, extensions.code);
    const goesOn = extension !== null;
    const parts = { config, extensions, given: options, handles, old: store, goesOn, choice };
    const opened = await assemble(parts, () => store);
    if (!isDeepStrictEqual(engine, planned.engine)) store.commit({ cursor: store.cursor(), engine });
    if (extension !== null) applyExtension(opened.ctx, extension);
    return opened;
  } catch (error) {
    if (options.store === undefined) store.close();
    throw withSavings(error, store.dir);
  }
}

/** Returns the run's config. Settings that are newer than the run get their defaults, which match the older behaviour. */
function configOf(store: RunStore): RunConfig {
  const parsed = configSchema.safeParse(store.meta().config);
  if (parsed.success) return parsed.data;
  throw new StoreError(
    `The run in ${store.dir} was made by rzero ${store.meta().version}. This version cannot read its config: ${describeIssue(parsed.error.issues[0], 'config')}.`,
    `Continue the run with rzero ${store.meta().version}.`,
    { cause: parsed.error },
  );
}

/** Makes the config's paths absolute, so that the run can be resumed from any folder. Sets one iteration if supervised. */
function settled(given: RunConfig): RunConfig {
  const absolute = <T>(path: T): T | string => (typeof path === 'string' ? resolve(path) : path);
  return {
    ...given,
    iterations: isSupervised(given) ? 1 : given.iterations,
    engine: settledEngine(given),
    audit: { ...given.audit, planted: absolute(given.audit.planted) },
    evaluation: {
      ...given.evaluation,
      dataDir: given.evaluation.dataDir === '' ? '' : resolve(given.evaluation.dataDir),
    },
    finetune: { ...given.finetune, data: absolute(given.finetune.data) },
  };
}

/** Makes a module's path absolute, and names service and model of a run on a service. */
function settledEngine({ engine, model }: RunConfig): RunConfig['engine'] {
  switch (engine.kind) {
    case 'local':
      return engine;
    case 'module':
      return { ...engine, path: resolve(engine.path) };
    case 'tinker':
      return settledService(engine, model, process.env);
  }
}

/** Returns the name for a new run's id: its model, or the run that the model belongs to. */
function nameOf(config: RunConfig): string {
  const model = modelName(config);
  const run = basename(model) === 'best' ? dirname(model) : dirname(dirname(model));
  const name = runFolders(dirname(resolve(run))).includes(basename(run)) ? run : model;
  return isSupervised(config) ? `${name}-labels` : name;
}

interface Parts {
  config: RunConfig;
  extensions: Extensions;
  given: ResumeOptions;
  handles: Handles;
  /** The resumed run; null for a new one. */
  old: RunStore | null;
  /** Whether a run that has ended gets more iterations. */
  goesOn?: boolean;
  /** Why the run has its device; null if nothing was chosen. */
  choice: DeviceChoice | null;
}

async function assemble(
  { config, extensions, given, handles: { publish, stop }, old, goesOn = false, choice }: Parts,
  openStore: () => RunStore,
): Promise<OpenRun> {
  const startedAt = performance.now();
  const closers: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    // Each part is closed whatever happens to the others: the last one releases the lock.
    for (const closer of closers.splice(0).toReversed()) {
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const { domain, rewards, tasks, scorer } = extensions;
    checkAbilities(config, domain);
    const judge = judgeFrom(given.judge, config);
    // Nothing is computed for a run that has ended, so a change of its inputs does not matter.
    const ended = old !== null && old.summary() !== null && !goesOn;
    const confirmed = old === null || ended ? null : await confirmInputs(old, config, tasks);
    const date = config.prompt.date || (old?.meta().createdAt.slice(0, 10) ?? '');
    const text = await loadText(config.model, { ...config, prompt: { ...config.prompt, date } });
    const { tokenizer } = text;
    const usedBefore = given.engine?.usage?.() ?? null;
    const work = workloadOf(config, longestPrompt(config, { tokenizer, domain }));
    let emit: Emit | null = null;
    const report = (event: RunEvent): void => (emit === null ? publish(stampEarly(event)) : emit(event));
    const opened =
      given.engine ??
      (await openEngine(ended ? onProcessor(config.engine) : config.engine, work, {
        onWaiting: reportingWaits(report),
      }));
    if (given.engine === undefined) closers.push(() => opened.close());
    const base: WeightsRef = { kind: 'base', path: config.model };
    const model = await opened.inspect(base);
    checkAdapt(adaptationOf(config, MEASURED), model.adapter, config.model);
    if (old === null) {
      checkSizes(config, { tokenizer, domain, ...model });
      checkVerdicts({ config, tokenizer, domain, maxContext: model.maxContext });
      await checkMeasures(config, opened, base);
    }
    const facts = modelFacts({ text, config, domain });
    const findings = ended
      ? null
      : ((await opened.findings?.({
          from: base,
          adapt: adaptationOf(config, MEASURED),
          steps: plannedSteps(config),
        })) ?? null);
    const service = config.engine.kind === 'tinker' ? shownServices(config.engine) : null;
    const inputs = ended ? null : (confirmed ?? (await pinInputs(config, tasks)));
    const { equal } = domain;
    const onInterrupted = (one: Interruption): void => emit?.({ type: 'warning', message: describeInterruption(one) });
    const grader = given.grader ?? createGrader({ equal, onInterrupted });
    if (given.grader === undefined) closers.push(() => grader.close());
    const examiner = given.examiner ?? createGrader({ mode: 'evaluation', equal, onInterrupted });
    if (given.examiner === undefined) closers.push(() => examiner.close());
    const executor = domain.openExecutor?.();
    if (executor !== undefined) closers.push(() => executor.close());
    if (old === null) await checkTaskFiles(tasks.values(), examiner, config.evaluation.dataDir || undefined);
    const loaded = hasKnownAnswers(config, old)
      ? null
      : await loadKnownAnswers(config, { tokenizer, domain, maxContext: model.maxContext });
    if (old === null) checkPlanted(loaded?.planted.length ?? 0, config);
    const store = given.store ?? openStore();
    if (given.store === undefined) closers.push(() => store.close());
    if (old === null) keepOrCheckCode(store, extensions.code);
    const unchecked = old !== null && inputs !== null && keptInputs(old) === null && hasBegun(old);
    if (inputs !== null) keepInputs(store, inputs);
    const engine = inputs === null ? opened : guardBase(opened, inputs, store);
    if (loaded !== null) {
      keepKnownAnswers(store, 'planted-questions', loaded.planted);
      keepKnownAnswers(store, 'data', loaded.data);
    }
    const stamped = stampEvents({ run: store.meta().id, log: given.store === undefined ? store.dir : null }, publish);
    emit = stamped;
    const ctx: RunContext = {
      config,
      roles: trainedRoles(config),
      stages: hasVerifier(config) ? STAGES_WITH_VERIFIER : STAGES,
      engine,
      tokenizer,
      domain,
      executor,
      rewards,
      tasks,
      grader,
      examiner,
      store,
      emit: stamped,
      stop,
      base,
      maxContext: model.maxContext,
      facts,
      clock: createClock(engine, startedAt, usedBefore),
      budget: budgetOf(config.engine, store),
      planted: keptKnownAnswers(store, 'planted-questions'),
      data: keptKnownAnswers(store, 'data'),
      judge,
      scorer,
    };
    const used = usageOf(store);
    stamped({
      type: 'run-start',
      runId: store.meta().id,
      runDir: store.dir,
      model: modelName(config),
      parameters: model.parameters,
      adapter: adapterOf(config),
      domain: moduleLabel(config.domain),
      iterations: config.iterations,
      seed: config.seed,
      threads: engine.threads,
      resumedFrom: old === null ? null : store.cursor(),
      ...(service === null ? {} : { service }),
      ...(used === null ? {} : { usage: used }),
    });
    if (choice !== null) keepDevice(store, choice, stamped);
    if (findings !== null) keepFindings(store, findings, service ?? engine.name, stamped);
    for (const { found, advice } of facts) stamped({ type: 'warning', message: `${found} ${advice}` });
    if (unchecked) warnUnchecked(store, stamped);
    return { ctx, resumed: old !== null, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Returns whether a run has stored its questions with known answers. A run that crashed early may not have. */
function hasKnownAnswers({ audit, finetune }: RunConfig, old: RunStore | null): boolean {
  if (old === null) return false;
  return (
    (audit.planted === 0 || keptKnownAnswers(old, 'planted-questions').length > 0) &&
    (finetune.data === 0 || keptKnownAnswers(old, 'data').length > 0)
  );
}

/** Loads and checks a new run's questions with known answers, before its folder is created. */
async function loadKnownAnswers(
  config: RunConfig,
  model: { tokenizer: Tokenizer; domain: Domain; maxContext: number },
): Promise<{ planted: QuestionWithAnswer[]; data: QuestionWithAnswer[] }> {
  const { audit, finetune, votes, solver, evaluation, seed } = config;
  const columns = { question: finetune.question, answer: finetune.answer };
  const from = { domain: model.domain, columns };
  const planted = await readKnownAnswers(audit.planted, { ...from, seed: deriveSeed(seed, 'planted') });
  const data = await readKnownAnswers(finetune.data, { ...from, seed: deriveSeed(seed, 'data') });
  checkRoom(planted, model, { 'votes.maxTokens': votes.maxTokens });
  checkRoom(data, model, { 'solver.maxTokens': solver.maxTokens, 'evaluation.maxTokens': evaluation.maxTokens });
  splitData(data, config);
  return { planted, data };
}

function judgeFrom(judge: Generator | undefined, config: RunConfig): JudgeSource | null {
  return judge === undefined ? judgeOf(config) : async () => ({ judge, close: async () => {} });
}
