/** `rzero show`: a report of a run from its database. Also works while the run continues. */

import { modelName } from '../../config/model-name.ts';
import { readResults } from '../../eval/report/results.ts';
import type { ShownQuestion } from '../../events.ts';
import { adapterOf } from '../../loop/training/adapt.ts';
import { areAudited, rightByBand, votedLabels } from '../../loop/pool/label-counts.ts';
import { serviceReport } from '../../loop/remote/service-report.ts';
import { noticesOf } from '../../loop/watch/notices.ts';
import { openIterations } from '../../loop/open/quality-results.ts';
import { iterationRow } from '../../loop/run/summary.ts';
import { verifierReports } from '../../loop/verifier/report.ts';
import { resolveRun, stateOf } from '../../store/runs.ts';
import { openRun } from '../../store/sqlite.ts';
import type { RunStore } from '../../store/store.ts';
import { headlineEvaluations } from '../../store/headline-evaluations.ts';
import type { LabelledQuestion } from '../../types.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { reportLines, type PoolReport, type RunReport } from '../render/run-report.ts';

const SAMPLES = 6;

/** Throws StoreError if the run does not exist. */
export async function run(flags: CommonFlags, io: Io, name?: string): Promise<number> {
  const store = openRun(resolveRun(flags.runsDir ?? 'runs', name), { readOnly: true });
  try {
    const report = reportOf(store);
    if (flags.json === true) printJson(io, report);
    else
      printLines(
        io,
        reportLines(report, {
          palette: io.palette,
          program: io.program,
          runsDir: io.runsDir,
          columns: textColumns(io),
        }),
      );
  } finally {
    store.close();
  }
  return 0;
}

/** The first line of the newest session's error; empty if it did not fail. */
function failureOf(store: RunStore): string {
  const end = store.sessions().at(-1)?.end;
  return end?.outcome === 'failed' ? end.reason.split('\n', 1)[0] : '';
}

/** Reads the data of the report from the store. */
function reportOf(store: RunStore): RunReport {
  const { id, createdAt, config } = store.meta();
  const summary = store.summary();
  const pools = Array.from({ length: config.iterations }, (_, i) => poolOf(store, i + 1)).filter(
    (pool) => pool !== null,
  );
  const open = openIterations(store);
  return {
    id,
    dir: store.dir,
    createdAt,
    model: modelName(config),
    adapter: adapterOf(config),
    domain: config.domain,
    seed: config.seed,
    cursor: store.cursor(),
    outcome: stateOf(store),
    failure: failureOf(store),
    best: summary?.best ?? null,
    iterations: headlineEvaluations(store).map((evaluation) => iterationRow(store, evaluation)),
    ...(open.length > 0 ? { open } : {}),
    pools,
    verifier: verifierReports(store, config.iterations),
    samples: samplesOf(store, pools.at(-1)?.iteration ?? 0),
    notices: noticesOf(store),
    summary,
    evaluations: readResults(store.dir),
    service: serviceReport(store),
  };
}

function poolOf(store: RunStore, iteration: number): PoolReport | null {
  const metrics = poolMetrics(store, iteration);
  const labels = votedLabels(store.labels(iteration));
  const posed = metrics.get('posed');
  if (posed === undefined) return null;
  const under = (prefix: string): Record<string, number> =>
    Object.fromEntries(
      [...metrics]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  return {
    iteration,
    posed,
    kept: metrics.get('kept') ?? 0,
    dropped: under('dropped/'),
    // From the labels and not the metrics, which older runs do not have.
    labelsRight: areAudited(labels) && !metrics.has('labels_computed') ? rightByBand(labels) : {},
  };
}

/** The metrics of the filter stage, without the prefix `pool/`. */
function poolMetrics(store: RunStore, iteration: number): Map<string, number> {
  const metrics = store.metrics({ iteration, stage: 'filter' }).filter((metric) => metric.name.startsWith('pool/'));
  return new Map(metrics.map((metric) => [metric.name.slice('pool/'.length), metric.value]));
}

/** Up to six kept questions, spread over the curriculum. */
function samplesOf(store: RunStore, iteration: number): ShownQuestion[] {
  const kept = store.labels(iteration).filter((label) => label.dropped === null);
  const audited = areAudited(votedLabels(store.labels(iteration)));
  const step = Math.max(1, Math.floor(kept.length / SAMPLES));
  return kept
    .filter((_, i) => i % step === 0)
    .slice(0, SAMPLES)
    .map((label) => shown(label, audited));
}

function shown({ question, tally, truth }: LabelledQuestion, audited: boolean): ShownQuestion {
  return {
    text: question.text,
    votes: tally.groups,
    attempts: tally.attempts,
    label: tally.label,
    truth,
    ...(audited && truth === null ? { illPosed: true } : {}),
  };
}
