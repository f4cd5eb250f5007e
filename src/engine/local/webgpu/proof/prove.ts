/**
 * Compares operators on the adapter with the processor. The tests run it, and so does `rzero doctor`: a driver can
 * compute wrongly without an error.
 */

import { messageOf } from '../../../../errors.ts';
import { deriveSeed } from '../../../../random.ts';
import { PROVEN_ON_WEBGPU } from '../../onnx/targets.ts';
import type { ProofCase, ProvenOperator } from './case.ts';
import { PROOFS } from './cases/index.ts';
import { keepDevice, runCase } from './run-case.ts';

/** Largest difference of an operator that counts as right. */
export const RIGHT_WITHIN = 1e-5;

export interface Proof {
  operator: ProvenOperator;
  case: string;
  /**
   * Largest difference of an element, divided by the largest value, or by 1 if all are smaller. For integers and
   * booleans, Infinity if any differs.
   */
  difference: number;
  /** Why there is no result; the difference is Infinity. */
  error?: string;
}

/**
 * Runs the first `each` cases of every operator. An operator that the adapter lacks has an error.
 *
 * @param each default: all
 */
export async function proveOperators(each = Infinity): Promise<Proof[]> {
  const release = await keepDevice();
  try {
    const proofs: Proof[] = [];
    for (const operator of provenOperators()) {
      for (const one of PROOFS[operator].slice(0, each)) proofs.push(await prove(operator, one));
    }
    return proofs;
  } finally {
    await release();
  }
}

export function provenOperators(): ProvenOperator[] {
  return Object.keys(PROVEN_ON_WEBGPU).filter((name): name is ProvenOperator => name in PROVEN_ON_WEBGPU);
}

/** Runs one case on the adapter and on the processor. */
export async function prove(operator: ProvenOperator, one: ProofCase): Promise<Proof> {
  const seed = deriveSeed(operator, one.name);
  try {
    const expected = await runCase(operator, one, seed, 'cpu');
    const found = await runCase(operator, one, seed, 'webgpu');
    const relative = (one.result ?? 'float') === 'float';
    const differences = expected.map((values, at) => differenceOf(values, found[at], relative));
    return { operator, case: one.name, difference: Math.max(...differences) };
  } catch (error) {
    return { operator, case: one.name, difference: Infinity, error: messageOf(error) };
  }
}

/** Compares values; anything that is not a number differs by Infinity. */
export function differenceOf(expected: readonly number[], found: readonly number[], relative: boolean): number {
  if (expected.length !== found.length) return Infinity;
  if (!relative) return expected.every((value, at) => value === found[at]) ? 0 : Infinity;
  let largest = 1;
  let difference = 0;
  for (let at = 0; at < expected.length; at++) {
    largest = Math.max(largest, Math.abs(expected[at]));
    const own = Math.abs(expected[at] - found[at]);
    difference = Number.isFinite(own) ? Math.max(difference, own) : Infinity;
  }
  return difference / largest;
}
