/** Asks an open domain for the hidden quality of responses, and checks what a custom one returns. For audits only. */

import { ConfigError } from '../errors.ts';
import type { Domain } from './domain.ts';

/** The hidden quality of one response. */
export interface Quality {
  /** Mean over the criteria, 0..1. */
  mean: number;
  /** 0..1 each, in the order of the domain's `criteria`. */
  byCriterion: readonly number[];
}

/**
 * Returns the hidden quality of a response; null if the domain has none, or cannot read the task.
 * @throws ConfigError if the domain returns anything else than one number in 0..1 per criterion
 */
export function readQuality(domain: Domain, task: string, response: string): Quality | null {
  const byCriterion: unknown = domain.quality?.(task, response) ?? null;
  if (byCriterion === null) return null;
  const names = domain.criteria ?? [];
  if (!Array.isArray(byCriterion) || byCriterion.length !== names.length || !byCriterion.every(isShare)) {
    throw new ConfigError(
      `The domain ${domain.name} returned a quality that is not one number from 0 to 1 for each of its criteria.`,
      `Return a list such as [1, 0.5] with ${names.length} numbers from its quality, or null for a task that it cannot read.`,
    );
  }
  return { mean: byCriterion.reduce((sum, one) => sum + one, 0) / byCriterion.length, byCriterion };
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
