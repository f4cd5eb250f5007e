/**
 * Describes one run for the page: what the loop did, does and will do. The database says what is committed; the event
 * log adds plans, estimates and shown questions, and may be missing. Next: `counts.ts`, `stages.ts`, `log-state.ts`.
 */

import { basename } from 'node:path';
import { hasVerifier, isSupervised, trainsChallenger } from '../../config/phases.ts';
import { modelName } from '../../config/model-name.ts';
import { iterationRow } from '../../loop/run/summary.ts';
import { noticesOf } from '../../loop/watch/notices.ts';
import { moduleLabel } from '../../modules.ts';
import { ROLES, STAGES, STAGES_WITH_VERIFIER } from '../../roles.ts';
import { headlineEvaluations } from '../../store/headline-evaluations.ts';
import { stateOf } from '../../store/runs.ts';
import { openRun } from '../../store/sqlite.ts';
import type { RunStore } from '../../store/store.ts';
import type { EvalResult, Metric, RoleName, StageName } from '../../types.ts';
import { changedSettings } from './changed.ts';
import { countsOf, droppedOf, newestStep } from './counts.ts';
import { gainOver } from './gains.ts';
import { type LogState, stageKey } from './log-state.ts';
import type { RunLogs } from './run-log.ts';
import { roleTitle, stageOrder, stageRole, stageTitle } from './stages.ts';
import type { Closing, IterationView, RunCard, RunView, StageView } from './types.ts';

/** Reads a run. Throws StoreError if it cannot be read. */
export function readRunView(dir: string, logs: RunLogs): RunView {
  const store = openRun(dir, { readOnly: true });
  try {
    return viewOf(store, logs.read(dir, store.meta().id));
  } finally {
    store.close();
  }
}

function viewOf(store: RunStore, log: LogState): RunView {
  const { config, version } = store.meta();
  const headline = headlineEvaluations(store);
  const card = cardOf(store, headline);
  const iterations = Array.from({ length: store.cursor().iteration + 1 }, (_, iteration) =>
    iterationOf({ store, log, card, headline }, iteration),
  );
  return {
    card,
    seq: log.seq,
    seed: config.seed,
    version,
    roles: rolesOf(iterations),
    changed: changedSettings(config),
    scale: config.scale,
    supervised: isSupervised(config),
    iterations,
    newest: log.newest,
    notices: noticesOf(store),
    best: store.summary()?.best ?? null,
    seconds: total(store, 'time/seconds'),
    engineSeconds: total(store, 'time/engine_seconds'),
    reason: reasonOf(store, card),
  };
}

function cardOf(store: RunStore, headline: readonly EvalResult[]): RunCard {
  const { config, createdAt } = store.meta();
  const measured = headline.filter(({ questions }) => questions > 0);
  return {
    id: basename(store.dir),
    state: stateOf(store),
    problem: null,
    created: createdAt,
    model: modelName(config),
    domain: moduleLabel(config.domain),
    cursor: store.cursor(),
    iterations: config.iterations,
    scores: measured.map(({ iteration, mean }) => ({ iteration, mean })),
    gain: gainOver(
      measured.find(({ iteration }) => iteration === 0),
      measured.at(-1),
    ),
  };
}

interface Sources {
  store: RunStore;
  log: LogState;
  card: RunCard;
  headline: readonly EvalResult[];
}

function iterationOf(sources: Sources, iteration: number): IterationView {
  const { store, log } = sources;
  const byStage = new Map<StageName, Metric[]>();
  for (const metric of store.metrics({ iteration })) {
    const own = byStage.get(metric.stage);
    if (own === undefined) byStage.set(metric.stage, [metric]);
    else own.push(metric);
  }
  const order = stageOrder(plannedStages(store, iteration), [...byStage.keys()]);
  const [propose, filter] = [byStage.get('propose') ?? [], byStage.get('filter') ?? []];
  const counts = countsOf(propose, filter);
  const proposed = log.stages.get(stageKey(iteration, 'propose'))?.metrics;
  return {
    iteration,
    counts: { ...counts, distinct: counts.distinct ?? proposed?.['pool/distinct'] ?? null },
    stages: order.map((stage, at) => stageView(sources, { iteration, stage, at, order }, byStage.get(stage) ?? [])),
    dropped: droppedOf(filter),
    closing: closingOf(sources, iteration),
  };
}

function plannedStages(store: RunStore, iteration: number): readonly StageName[] {
  if (iteration === 0) return ['baseline'];
  const { config } = store.meta();
  if (isSupervised(config)) return ['filter', 'train-solver', 'evaluate'];
  const stages = hasVerifier(config) ? STAGES_WITH_VERIFIER : STAGES;
  return trainsChallenger(config) ? stages : stages.filter((stage) => stage !== ROLES[0].stage);
}

interface StagePlace {
  iteration: number;
  stage: StageName;
  /** Position among the stages of the iteration. */
  at: number;
  order: readonly StageName[];
}

function stageView({ log, card }: Sources, place: StagePlace, metrics: readonly Metric[]): StageView {
  const { iteration, stage } = place;
  const logged = log.stages.get(stageKey(iteration, stage));
  const newest = newestStep(metrics);
  const values = { ...newest, ...(metrics.length === 0 ? {} : logged?.metrics) };
  const state = stageState(card, place);
  const done = new Set(metrics.map(({ step }) => step)).size;
  const seconds = metrics.filter(({ name }) => name === 'time/seconds');
  return {
    stage,
    title: logged?.title ?? stageTitle(stage),
    role: stageRole(stage, Object.keys(newest)),
    state,
    done,
    steps: logged?.steps ?? (state === 'done' ? done : null),
    seconds: seconds.length === 0 ? null : seconds.reduce((sum, { value }) => sum + value, 0),
    remaining: state === 'running' ? (logged?.remaining ?? null) : null,
    metrics: Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith('time/'))),
  };
}

function stageState({ cursor, state }: RunCard, { iteration, stage, at, order }: StagePlace): StageView['state'] {
  if (cursor === null || cursor.stage === 'done' || iteration < cursor.iteration) return 'done';
  const now = order.findIndex((one) => one === cursor.stage);
  if (cursor.stage === stage) return state === 'running' ? 'running' : 'stopped';
  return at < now ? 'done' : 'waiting';
}

function closingOf({ store, log, headline }: Sources, iteration: number): Closing | null {
  const result = headline.find((one) => one.iteration === iteration);
  if (result === undefined) return null;
  const summary =
    store.summary()?.iterations.find((row) => row.iteration === iteration) ??
    log.closings.get(iteration) ??
    iterationRow(store, result);
  const { perQuestion: _, perQuestionForced: __, ...evaluation } = result;
  const base = headline.find((one) => one.iteration === 0);
  return { ...summary, evaluation, gain: iteration === 0 ? null : gainOver(base, result) };
}

function rolesOf(iterations: readonly IterationView[]): RunView['roles'] {
  const names = new Set<RoleName>();
  for (const { stages } of iterations.slice(1)) for (const { role } of stages) if (role !== null) names.add(role);
  if (names.size === 0) for (const { name } of ROLES) names.add(name);
  return [...names].map((name) => ({ name, title: roleTitle(name) }));
}

/** Explains an early end: the record of the newest session, or that there is none. */
function reasonOf(store: RunStore, { state }: RunCard): string | null {
  if (state === 'crashed') return 'Its process ended without a record: it was killed, or the machine went down.';
  const summary = store.summary();
  if (state === 'running') return null;
  const text = summary?.explanation || store.sessions().at(-1)?.end?.reason || '';
  return text === '' ? null : text.split('\n', 1)[0];
}

function total(store: RunStore, name: string): number {
  return store.metrics({ name }).reduce((sum, { value }) => sum + value, 0);
}
