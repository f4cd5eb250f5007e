/**
 * Micro-batches in which sequences share the tokens that they begin with. The completions of a group continue the same
 * prompt, and prompts of one role begin with the same instructions and examples, so most tokens of a step are
 * repetitions. Here they form a tree: a row has every token once, and each token attends to its own ancestors. Values
 * and gradients are those of separate sequences, up to rounding.
 *
 * Trained positions are never shared, so each of them has a row of its own.
 */

import type { Example } from '../../engine.ts';
import { type MicroBatch, selectTargets, type TokenTree } from './micro-batch.ts';
import { paddedTime } from './padding.ts';

/**
 * Returns whether a sequence of `length` tokens, of which `added` are not in a tree of `tokens` tokens, is better added
 * to it than put into a tree of its own.
 */
export type Joins = (tree: { tokens: number; added: number; length: number }) => boolean;

/** A tree that grows: the tokens in the order of their rows, and the rows of each member's tokens. */
interface Growing {
  tokens: number[];
  members: number[];
  paths: Int32Array[];
}

/** Puts all examples into trees. Sorting by tokens puts sequences next to those with which they share most. */
export function treeBatches(examples: readonly Example[], joins: Joins): MicroBatch[] {
  const order = Array.from(examples.keys()).toSorted((a, b) => compare(examples[a].input, examples[b].input) || a - b);
  const trees: Growing[] = [];
  for (const member of order) {
    const length = examples[member].input.length;
    const last = trees.at(-1);
    const shared =
      last === undefined ? 0 : sharedLength(examples[last.members[last.members.length - 1]], examples[member]);
    if (last !== undefined && joins({ tokens: last.tokens.length, added: length - shared, length })) {
      grow(last, examples[member], member, shared);
    } else {
      const fresh: Growing = { tokens: [], members: [], paths: [] };
      grow(fresh, examples[member], member, 0);
      trees.push(fresh);
    }
  }
  return trees.map((tree) => batchOf(examples, tree));
}

function compare(a: Int32Array, b: Int32Array): number {
  const at = firstDifference(a, b, Math.min(a.length, b.length));
  return at < Math.min(a.length, b.length) ? a[at] - b[at] : a.length - b.length;
}

/** Counts the equal first tokens of two sequences before the first trained position of either. */
function sharedLength(a: Example, b: Example): number {
  return firstDifference(a.input, b.input, Math.min(untrained(a), untrained(b)));
}

function firstDifference(a: Int32Array, b: Int32Array, end: number): number {
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at;
}

function untrained({ mask }: Example): number {
  const first = mask.findIndex((one) => one !== 0);
  return first < 0 ? mask.length : first;
}

/** Adds a sequence below the first `shared` tokens of the member before it. */
function grow(tree: Growing, { input }: Example, member: number, shared: number): void {
  const before = tree.paths.at(-1)?.subarray(0, shared) ?? [];
  const path = new Int32Array(input.length);
  path.set(before);
  for (let t = shared; t < input.length; t++) path[t] = tree.tokens.push(input[t]) - 1;
  tree.members.push(member);
  tree.paths.push(path);
}

function batchOf(examples: readonly Example[], { tokens, members, paths }: Growing): MicroBatch {
  const time = paddedTime(tokens.length);
  return {
    examples: members.length,
    sequences: [Int32Array.from(tokens)],
    time,
    tree: treeOf(paths, time),
    ...selectTargets(examples, members, (at, position) => paths[at][position]),
  };
}

/** Builds mask and positions. A row of padding attends to itself alone. */
function treeOf(paths: readonly Int32Array[], time: number): TokenTree {
  const mask = new Float32Array(time * time).fill(-1e9);
  const positions = new Int32Array(time);
  for (let row = 0; row < time; row++) mask[row * time + row] = 0;
  for (const path of paths) {
    path.forEach((row, position) => {
      positions[row] = position;
      for (let t = 0; t < position; t++) mask[row * time + path[t]] = 0;
    });
  }
  return { mask, positions };
}
