/** Defaults that depend on the engine. They come under the files, flags and `--set` of the user. */

import type { ConfigInput } from './schema.ts';
import { isTable } from './tables.ts';

/** An engine that samples with other kernels or another precision than it trains needs a correction (ADR 0035). */
const CORRECTED = {
  challenger: { importanceCorrection: 'token-truncate' },
  solver: { importanceCorrection: 'token-truncate' },
} as const satisfies ConfigInput;

/** @param engine the table `engine` as it is given, not checked yet */
export function engineDefaults(engine: unknown): ConfigInput {
  if (!isTable(engine)) return {};
  // Every service trains adapters; few train all parameters, and then only one model each.
  if (engine.kind === 'tinker') return { adapt: { method: 'lora' }, ...CORRECTED };
  return engine.samplingPrecision === 'float16' ? CORRECTED : {};
}
