/**
 * Micro-batches of training sequences: what one call of a graph computes. Here every sequence has a padded row of its
 * own; in `prompt-tree.ts`, sequences share the tokens of their prompts. `plan-batches.ts` chooses.
 */

import type { Example } from '../../engine.ts';
import { paddedTime } from './padding.ts';

/** Which earlier tokens each token of a row attends to, and its position, if they are not those of one sequence. */
export interface TokenTree {
  /** `[T, T]`: 0 where a token (row) attends to another (column), otherwise a large negative number. */
  mask: Float32Array;
  /** `[T]` */
  positions: Int32Array;
}

export interface MicroBatch {
  /** Number of examples. */
  examples: number;
  /** Rows of tokens, each at most `time` long; right-padded by the caller. */
  sequences: readonly Int32Array[];
  time: number;
  /** Null: each row is one sequence. */
  tree: TokenTree | null;
  /** Flat rows (batch × time) with a target, `[P]`. */
  rows: Int32Array;
  /** `[P]` */
  targets: Int32Array;
  /** Example and position of each row, `[P]`. */
  example: Int32Array;
  position: Int32Array;
}

/** Puts examples of similar length into micro-batches, each within the budget of tokens including padding. */
export function paddedBatches(examples: readonly Example[], budget: number): MicroBatch[] {
  return membersOf(examples, budget).map((members) => {
    const time = paddedTime(Math.max(...members.map((member) => examples[member].input.length)));
    const rowOf = (at: number, position: number): number => at * time + position;
    return {
      examples: members.length,
      sequences: members.map((member) => examples[member].input),
      time,
      tree: null,
      ...selectTargets(examples, members, rowOf),
    };
  });
}

function membersOf(examples: readonly Example[], budget: number): number[][] {
  const order = Array.from(examples.keys()).toSorted(
    (a, b) => examples[b].input.length - examples[a].input.length || a - b,
  );
  const batches: number[][] = [];
  let current: number[] = [];
  let time = 0;
  for (const member of order) {
    if (current.length > 0 && (current.length + 1) * time > budget) {
      batches.push(current);
      current = [];
    }
    if (current.length === 0) time = paddedTime(examples[member].input.length);
    current.push(member);
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

/**
 * Lists the trained positions of a micro-batch.
 *
 * @param members examples, in the order of the micro-batch
 * @param rowOf returns the flat row of a position of the member at an index
 */
export function selectTargets(
  examples: readonly Example[],
  members: readonly number[],
  rowOf: (at: number, position: number) => number,
): Pick<MicroBatch, 'rows' | 'targets' | 'example' | 'position'> {
  const rows: number[] = [];
  const targets: number[] = [];
  const example: number[] = [];
  const position: number[] = [];
  members.forEach((member, at) => {
    const { mask, target } = examples[member];
    for (let t = 0; t < mask.length; t++) {
      if (mask[t] === 0) continue;
      rows.push(rowOf(at, t));
      targets.push(target[t]);
      example.push(member);
      position.push(t);
    }
  });
  return {
    rows: Int32Array.from(rows),
    targets: Int32Array.from(targets),
    example: Int32Array.from(example),
    position: Int32Array.from(position),
  };
}
