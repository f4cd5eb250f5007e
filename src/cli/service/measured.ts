/** What the newest run on the same service measured: tokens per second and mean lengths, for a forecast. */

import { listRuns } from '../../store/runs.ts';
import { openRun } from '../../store/sqlite.ts';
import type { RunStore } from '../../store/store.ts';
import type { EngineConfig } from '../../config/schema.ts';
import type { Metric } from '../../types.ts';
import { lengthsIn, type MeanLengths } from '../measured-lengths.ts';
import type { ServiceRates } from './forecast.ts';

type ServiceConfig = Extract<EngineConfig, { kind: 'tinker' }>;

export interface MeasuredService extends MeanLengths {
  /** Id of the run. */
  run: string;
  /** Tokens per second of the stages that only sample, and of training next to its sampling; 0 = not measured. */
  rates: ServiceRates;
}

/** Returns the measurements of the newest run of the same model at the same address; null if there is none. */
export function measuredService(runsDir: string, { url, model }: ServiceConfig): MeasuredService | null {
  for (const run of listRuns(runsDir)) {
    if (run.outcome === 'broken') continue;
    const store = openRun(run.dir, { readOnly: true });
    try {
      const { engine } = store.meta().config;
      if (engine.kind !== 'tinker' || engine.url !== url || engine.model !== model) continue;
      const measured = measure(store);
      if (measured.rates.sampled > 0) return { run: run.id, ...measured };
    } finally {
      store.close();
    }
  }
  return null;
}

function measure(store: Pick<RunStore, 'metrics'>): Omit<MeasuredService, 'run'> {
  const all = store.metrics();
  const sampling = all.filter(({ stage }) => !stage.startsWith('train-'));
  const training = all.filter(({ stage }) => stage.startsWith('train-'));
  const sampled = ratio(total(sampling, 'usage/sampled_tokens'), total(sampling, 'time/engine_seconds'));
  const sampledInTraining = total(training, 'usage/sampled_tokens');
  const rest = total(training, 'time/engine_seconds') - (sampled === 0 ? 0 : sampledInTraining / sampled);
  const trained = rest > 0 ? ratio(total(training, 'usage/trained_tokens'), rest) : 0;
  return {
    rates: { sampled, prefilled: 0, trained },
    ...lengthsIn(all),
  };
}

function total(metrics: readonly Metric[], wanted: string): number {
  return metrics.reduce((sum, { name, value }) => sum + (name === wanted ? value : 0), 0);
}

function ratio(tokens: number, seconds: number): number {
  return seconds > 0 ? tokens / seconds : 0;
}
