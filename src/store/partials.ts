/**
 * Partial results: what a step leaves for the rest of its stage, or for a resumed run. The store keeps them as JSON
 * under (iteration, kind, step). Each kind is described once, where its values are made, and every value is
 * checked when it is read. The kinds of a run are in `loop/partials.ts`.
 */

import type { z } from 'zod';
import { StoreError } from '../errors.ts';

/** One kind of partial result. */
export interface PartialKind<T> {
  /** The value of the column `stage` of the table `partials`; it never changes, so that older runs stay readable. */
  readonly name: string;
  /** Checks a value when it is read. */
  readonly schema: z.ZodType<T>;
}

/** A partial result as a unit carries it. Made by `partialResult`. */
export interface PartialResult {
  readonly iteration: number;
  readonly stage: string;
  readonly step: number;
  readonly json: string;
}

/** A value of `kind`, ready to be committed; it replaces one of the same kind, iteration and step. */
export function partialResult<T>(
  kind: PartialKind<T>,
  at: { iteration: number; step: number },
  value: T,
): PartialResult {
  return { iteration: at.iteration, stage: kind.name, step: at.step, json: JSON.stringify(value) };
}

/** The value of a stored partial result. StoreError where it is damaged or of another kind. */
export function readPartial<T>(
  kind: PartialKind<T>,
  iteration: number,
  { step, json }: Pick<PartialResult, 'step' | 'json'>,
): { step: number; value: T } {
  try {
    return { step, value: kind.schema.parse(JSON.parse(json)) };
  } catch (cause) {
    throw new StoreError(
      `The partial result "${kind.name}" of iteration ${iteration}, step ${step}, cannot be read.`,
      'The database of this run is damaged: start a new run.',
      { cause },
    );
  }
}
