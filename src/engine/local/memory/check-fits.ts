/** Refuses what a machine has no room for before it starts. */

import { EngineError } from '../../../errors.ts';
import type { MemoryForecast } from '../../kind.ts';

/**
 * EngineError `budget`, with the forecast's parts, where it exceeds `available` bytes; else null.
 * @param what is to run: a model or a recipe
 * @param advice asked for only then
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

/** For an error's text. */
function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
