/** What a run stored of its Verifier, for reports. */

import type { RunStore } from '../../store/store.ts';
import { VERIFIER_STAGES } from '../../roles.ts';
import { meanOf } from '../metrics.ts';
import { ENTRANCE, VERDICTS } from '../partials.ts';
import type { Entrance } from './entrance.ts';

/** The Verifier of one iteration. */
export interface VerifierReport {
  iteration: number;
  entrance: Entrance;
  /** Shares 0..1; null if unknown. */
  yes: number | null;
  judgeGap: number | null;
  variety: number | null;
  /** AUC of fresh attempts by truth: of the Verifier's score, and of the share of the attempts with the same answer. */
  auc: { verifier: number | null; majority: number | null };
  /** Share of the labels of the pool that it accepts; null if it was not asked. */
  accepted: number | null;
}

/** Returns the reports of all iterations with a test. */
export function verifierReports(store: Pick<RunStore, 'metrics' | 'partials'>, iterations: number): VerifierReport[] {
  return Array.from({ length: iterations }, (_, at) => at + 1).flatMap((iteration) => {
    const entrance = store.partials(ENTRANCE, iteration).at(-1)?.value;
    if (entrance === undefined) return [];
    const rows = store.metrics({ iteration, stage: VERIFIER_STAGES[1] });
    const valueOf = (name: string): number | null => rows.find((row) => row.name === `verdicts/${name}`)?.value ?? null;
    const verdicts = store.partials(VERDICTS, iteration).flatMap(({ value }) => value);
    return [
      {
        iteration,
        entrance,
        yes: valueOf('yes'),
        judgeGap: valueOf('judge_gap'),
        variety: valueOf('variety'),
        auc: { verifier: valueOf('auc/verifier'), majority: valueOf('auc/majority') },
        accepted: meanOf(verdicts.map(({ accepted }) => Number(accepted))),
      },
    ];
  });
}
