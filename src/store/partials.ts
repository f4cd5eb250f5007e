/**
 * Partial results: data that a step saves for the rest of its stage or for a resumed run. The store keeps them as JSON
 * under (iteration, kind, step). Each kind is defined once, and every value is checked when it is read. The kinds of a
 * run are in `loop/partials.ts`.
 */

import type { z } from 'zod';
import { DamagedValue } from './failures.ts';

/** A kind of partial result. */
export interface PartialKind<T> {
  /** Value of the column `stage` of the table `partials`. It never changes, so that older runs stay readable. */
  readonly name: string;
  /** Schema that a value is checked with when it is read. */
  readonly schema: z.ZodType<T>;
}

/** A partial result in a unit; created by `partialResult`. */
export interface PartialResult {
  readonly iteration: number;
  readonly stage: string;
  readonly step: number;
  readonly json: string;
}

/** Wraps a value of `kind` for a commit. It replaces the value of the same kind, iteration and step. */
export function partialResult<T>(
  kind: PartialKind<T>,
  at: { iteration: number; step: number },
  value: T,
): PartialResult {
  return { iteration: at.iteration, stage: kind.name, step: at.step, json: JSON.stringify(value) };
}

/** Returns the value of a stored partial result. Throws DamagedValue if it is damaged or of another kind. */
export function readPartial<T>(
  kind: PartialKind<T>,
  iteration: number,
  { step, json }: Pick<PartialResult, 'step' | 'json'>,
): { step: number; value: T } {
  try {
    return { step, value: kind.schema.parse(JSON.parse(json)) };
  } catch (cause) {
    const what = `the partial result "${kind.name}" of iteration ${iteration}, step ${step}, cannot be read`;
    throw new DamagedValue(what, { cause });
  }
}
