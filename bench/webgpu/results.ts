/** Results of the GPU benchmark as a table. Pure. */

import { table } from '../../src/cli/render/format.ts';
import type { AdapterName, Numbers } from '../../src/engine/local/device/report.ts';
import { median } from '../lib/alternate.ts';
import type { Provenance } from '../lib/results.ts';
import type { Timed } from './until.ts';

export interface WebgpuRow extends Timed {
  shape: string;
  parameters: number;
  row: 'sampling' | 'train';
  /** Sizes of the work, in words. */
  what: string;
  /** Tokens of one round. */
  tokens: number;
}

export interface WebgpuResults extends Provenance {
  /** Null if nothing names it. */
  adapter: AdapterName | null;
  half: boolean;
  numbers: Numbers;
  rows: WebgpuRow[];
}

/** Tokens per second of every contestant, and how many times as fast as the others the GPU is. */
export function resultLines(rows: readonly WebgpuRow[]): string[] {
  const names = [
    ...new Set(rows.flatMap(({ seconds, missing }) => [...Object.keys(seconds), ...Object.keys(missing)])),
  ];
  const rate = ({ seconds, tokens }: WebgpuRow, name: string): number | null =>
    seconds[name] === undefined ? null : tokens / median(seconds[name]);
  const body = rows.map((row) => {
    const ours = rate(row, 'webgpu');
    const cells = names.map((name) => {
      const value = rate(row, name);
      if (value === null) return '-';
      const times = name === 'webgpu' || ours === null ? '' : ` (×${(ours / value).toFixed(2)})`;
      return `${Math.round(value)}${times}`;
    });
    return [`${row.row} ${row.shape}`, ...cells];
  });
  const missing = rows.flatMap((row) =>
    Object.entries(row.missing).map(([name, why]) => `${row.row} ${row.shape}: ${name} was not measured: ${why}`),
  );
  return [...table([['tokens/s', ...names], ...body]), ...missing];
}
