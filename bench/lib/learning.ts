/**
 * Evaluates one run for the learning benchmark: gains over the base, checks against requirements, and output
 * lines. Pure; `learning.ts` in `bench/` plays the runs.
 */

import { gainText, interval, percent, table } from '../../src/cli/render/format.ts';
import { atLeast, atMost, type Check } from './checks.ts';
import { gainsOver, type IterationGain, shareAfterFirst } from '../../src/eval/gains.ts';
import type { Gain } from '../../src/eval/paired.ts';
import type { Provenance } from './results.ts';
import type { IterationReport, RunReport } from './report.ts';

/** The result of one seed, as saved in `bench/results/`. */
export interface SeedResult extends Provenance, RunReport {
  seed: number;
  challengerTrained: boolean;
  /** Hash of the base model's weights. */
  model: string;
  gains: IterationGain[];
  /** Share of the total gain that iteration 1 achieves; null without a gain. */
  gainAfterFirst: number | null;
  engineShare: number;
  checks: Check[];
}

/** Computes gains and checks from a report. */
export function judgeLearning(
  report: RunReport,
): Pick<SeedResult, 'gains' | 'gainAfterFirst' | 'engineShare' | 'checks'> {
  const gains = gainsOver(report.iterations.map(({ evaluation }) => evaluation));
  const gainAfterFirst = shareAfterFirst(gains);
  const engineShare = report.engineSeconds / report.seconds;
  const last = gains.at(-1);
  const checks = [
    ...gainChecks('gain of mean@k over the base', last?.sampled ?? null, 0.2, 0.001),
    ...gainChecks('gain of mean@k over the base with steps forced', last?.overForced ?? null, 0.08, 0.01),
    ...gainChecks('gain with steps forced on both sides', last?.forced ?? null, 0.08, 0.01),
    atLeast('share of the gain after iteration 1', gainAfterFirst, 0.5),
    atLeast('share of time in sampling, scoring and training', engineShare, 0.85),
  ];
  return { gains, gainAfterFirst, engineShare, checks };
}

function gainChecks(what: string, gain: Gain | null, limit: number, p: number): Check[] {
  return [atLeast(what, gain?.difference.value ?? null, limit), atMost(`${what}, p`, gain?.p ?? null, p)];
}

/** Formats the run as tables, with its gains and its labels. */
export function learningLines(result: SeedResult): string[] {
  const heading = [
    '',
    'mean@k',
    'steps forced',
    'majority',
    'greedy',
    'worked',
    'kept',
    'labels right of kept',
    'difficulty',
  ];
  const gainHeading = ['over the base', 'mean@k', 'p', 'over forced', 'p', 'forced', 'p'];
  return [
    `seed ${result.seed}, Challenger ${result.challengerTrained ? 'trained' : 'untrained'}: ${result.outcome}, best ${result.best}, ${result.seconds.toFixed(0)} s (${percent(result.engineShare)} in the engine)`,
    ...table([heading, ...result.iterations.map(rowOf)]),
    '',
    ...table([gainHeading, ...result.gains.map(gainRow)]),
    '',
    ...table([
      ['labels right by agreement', ...BAND_NAMES],
      ...result.iterations.filter(({ bands }) => bands.length > 0).map(bandRow),
    ]),
  ];
}

const BAND_NAMES = Array.from({ length: 10 }, (_, at) => `${at / 10}-${(at + 1) / 10}`);

function rowOf({ iteration, evaluation, pool }: IterationReport): string[] {
  return [
    iteration === 0 ? 'base' : `iteration ${iteration}`,
    interval(evaluation.mean),
    evaluation.forced === null ? '—' : interval(evaluation.forced),
    percent(evaluation.majority.value),
    percent(evaluation.greedy.value),
    percent(evaluation.worked),
    String(pool.kept ?? '—'),
    percent(pool.labels_right ?? null),
    pool.difficulty?.toFixed(2) ?? '—',
  ];
}

function gainRow({ iteration, sampled, overForced, forced }: IterationGain): string[] {
  const cells = (gain: Gain | null): string[] => (gain === null ? ['—', '—'] : [gainText(gain), gain.p.toPrecision(2)]);
  return [`iteration ${iteration}`, ...cells(sampled), ...cells(overForced), ...cells(forced)];
}

function bandRow({ iteration, bands }: IterationReport): string[] {
  const cells = BAND_NAMES.map((_, at) => {
    const band = bands.find(({ from }) => Math.round(from * 10) === at);
    return band === undefined ? '—' : `${percent(band.accuracy.value, 0)} of ${band.audited}`;
  });
  return [`iteration ${iteration}`, ...cells];
}
