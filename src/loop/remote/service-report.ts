/** What a run on a service found out about it, and used of it, for reports. */

import { shownServices } from '../../engine/tinker/address.ts';
import type { RunStore } from '../../store/store.ts';
import type { EngineUsage } from '../../types.ts';
import { describeFindings, type Findings, keptFindings } from './findings.ts';
import { usageMetrics, usageOf } from './usage.ts';

export interface ServiceReport {
  /** Addresses. */
  service: string;
  /** The findings in one sentence; null if the service was not probed. */
  summary: string | null;
  findings: Findings | null;
  /** What all committed steps used; null if there are none. */
  usage: EngineUsage | null;
  /** The same by iteration; 0 is the evaluation of the base. */
  iterations: { iteration: number; usage: EngineUsage }[];
}

/** Returns the report; null for a run on this machine. */
export function serviceReport(store: Pick<RunStore, 'meta' | 'metrics' | 'partials'>): ServiceReport | null {
  const { config } = store.meta();
  if (config.engine.kind !== 'tinker') return null;
  const findings = keptFindings(store);
  const usage = usageOf(store);
  const name = usage === null ? [] : Object.keys(usageMetrics(null, usage)).slice(0, 1);
  const numbers = new Set(name.flatMap((one) => store.metrics({ name: one }).map(({ iteration }) => iteration)));
  const iterations = [...numbers]
    .toSorted((a, b) => a - b)
    .flatMap((iteration) => {
      const own = usageOf({ metrics: (filter) => store.metrics({ ...filter, iteration }) });
      return own === null ? [] : [{ iteration, usage: own }];
    });
  const summary = findings === null ? null : describeFindings(findings);
  return { service: shownServices(config.engine), summary, findings, usage, iterations };
}
