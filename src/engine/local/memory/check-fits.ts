/** Rejects work that does not fit into memory, before it starts. */

import { EngineError } from '../../../errors.ts';
import type { MemoryForecast } from '../../kind.ts';

/**
 * Returns EngineError `budget`, with the parts of the forecast, if the forecast exceeds `available` bytes; otherwise
 * null.
 *
 * @param what name of the model or recipe to run
 * @param advice called only if the work does not fit
 */
export function excess(
  what: string,
  forecast: MemoryForecast,
  available: number,
  advice: () => string,
): EngineError | null {
  if (forecast.bytes <= available) return null;
  const parts = forecast.parts.map(({ name, bytes }) => `${name} ${gigabytes(bytes)}`).join(', ');
  const found = `${what} needs about ${gigabytes(forecast.bytes)} of memory, and this machine has ${gigabytes(available)}.`;
  return new EngineError('budget', `${found} The parts: ${parts}.`, advice());
}

/** Formats bytes for an error message. */
function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
