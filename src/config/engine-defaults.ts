/** Defaults that depend on the kind of engine. They come under the files, flags and `--set` of the user. */

import type { ConfigInput } from './schema.ts';

/** A service samples with other kernels than it trains, so the difference is corrected (ADR 0035). */
const corrected = { importanceCorrection: 'token-truncate' } as const;

/** By `engine.kind`. */
export const ENGINE_DEFAULTS: Readonly<Record<string, ConfigInput>> = {
  // Every service trains adapters; few train all parameters, and then only one model each.
  tinker: { adapt: { method: 'lora' }, challenger: corrected, solver: corrected },
};
