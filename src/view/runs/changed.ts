/** Finds the settings of a run that differ from those of its scale. */

import { engineDefaults } from '../../config/engine-defaults.ts';
import { SCALES } from '../../config/scales.ts';
import { configSchema, type RunConfig } from '../../config/schema.ts';
import { isTable, merge, type Table } from '../../config/tables.ts';

/** Shown with the run anyway. */
const SHOWN = new Set(['model', 'domain', 'seed', 'iterations', 'scale', 'runsDir']);

/** Longest value that is written out. */
const LONGEST = 80;

/** Returns the settings that differ, as `name = value`, in the schema's order. */
export function changedSettings(config: RunConfig): string[] {
  const usual = new Map(leaves(usualConfig(config)));
  return leaves(config)
    .filter(([path, value]) => !SHOWN.has(path) && usual.get(path) !== value)
    .map(([path, value]) => `${path} = ${value}`);
}

/** The config of the same scale and engine without any other setting. */
function usualConfig({ scale, engine }: RunConfig): Table {
  const layers: Table[] = [{ ...SCALES[scale] }, { ...engineDefaults(engine) }];
  const values = layers.reduce(merge, {});
  const parsed = configSchema.safeParse(engine.kind === 'local' ? values : { ...values, engine });
  return parsed.success ? parsed.data : {};
}

function leaves(table: Table, prefix = ''): [path: string, value: string][] {
  return Object.entries(table).flatMap(([name, value]): [string, string][] => {
    const path = `${prefix}${name}`;
    if (isTable(value)) return leaves(value, `${path}.`);
    const text = JSON.stringify(value) ?? '';
    return [[path, text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text]];
  });
}
