/** The table of an ablation on an open domain: hidden quality by criterion, variety and proxies of every variant. Pure. */

import { type AblationResult, scoredOpen } from '../../ablate/result.ts';
import type { OpenIteration } from '../../events.ts';
import { meanOf } from '../../loop/metrics.ts';
import { count, duration, percent, significant } from './format.ts';

/** Returns whether the runs are on an open domain. */
export function isOpen({ variants }: Pick<AblationResult, 'variants'>): boolean {
  return variants.some(({ runs }) => runs.some(({ open }) => open !== undefined));
}

/** Returns the heading and one row per variant, the base model first: means over the seeds. */
export function openRows({ variants }: Pick<AblationResult, 'variants'>): string[][] {
  const all = variants.flatMap(({ runs }) => runs.flatMap(({ open = [] }) => open));
  const criteria = Object.keys(all[0]?.result.byCriterion ?? {});
  const bases = variants.find(({ from, runs }) => from === null && runs.length > 0)?.runs ?? [];
  const cells = (rows: readonly (OpenIteration | null | undefined)[]): string[] => {
    const results = rows.flatMap((row) => (row ? [row.result] : []));
    const kept = rows.flatMap((row) => row?.kept ?? []);
    return [
      percent(meanOf(results.flatMap(({ mean }) => mean?.value ?? []))),
      ...criteria.map((name) => percent(meanOf(results.map(({ byCriterion }) => byCriterion[name])), 0)),
      percent(meanOf(results.map(({ variety }) => variety)), 0),
      numberOf(meanOf(results.map(({ likelihood }) => likelihood))),
      percent(meanOf(results.map(({ consensus }) => consensus)), 0),
      roundedOf(meanOf(results.map(({ characters }) => characters))),
      roundedOf(meanOf(kept)),
    ];
  };
  return [
    ['', 'quality', ...criteria, 'variety', 'likelihood', 'consensus', 'characters', 'kept', 'seconds'],
    ...(bases.length === 0 ? [] : [['base model', ...cells(bases.map(({ open }) => open?.[0])), '—']]),
    ...variants.map(({ title, runs }) => [
      title,
      ...cells(runs.map(scoredOpen)),
      runs.length === 0 ? '—' : duration(meanOf(runs.map(({ seconds }) => seconds)) ?? 0),
    ]),
  ];
}

function numberOf(value: number | null): string {
  return value === null ? '—' : significant(value);
}

function roundedOf(value: number | null): string {
  return value === null ? '—' : count(Math.round(value));
}
