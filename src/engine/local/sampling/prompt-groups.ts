/**
 * The prompts of running sequences, each stored once for all sequences that continue it. A group is a prompt
 * with its running members. When the last member leaves, its cache row becomes free. Used by
 * `batch-sampler.ts`.
 */

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { CachedPrompt } from './prefill/cached-prompt.ts';
import { KvCache } from './kv-cache.ts';

/**
 * A product with a single row uses another kernel with different rounding, so groups have at least two
 * places.
 */
const FEWEST_PLACES = 2;

export interface Group {
  readonly prompt: CachedPrompt;
  /** Its row in the cache. */
  row: number;
  members: number;
}

/** The positions of the running sequences in their groups: G groups of R places. */
export interface Layout {
  groups: number;
  size: number;
  /** `[G·R]`: the sequence in each place; the first sequence for an empty place. */
  members: Int32Array;
  /** `[B]`: the place of each sequence. */
  places: Int32Array;
}

export class PromptGroups {
  readonly cache: KvCache;
  #groups: Group[] = [];
  #byPrompt = new Map<CachedPrompt, Group>();

  /**
   * @param most maximum number of groups at once
   * @param longest maximum prompt length in tokens
   */
  constructor(config: DecoderConfig, most: number, longest: number) {
    this.cache = new KvCache(config, most, longest);
  }

  get lengths(): number[] {
    return this.#groups.map(({ prompt }) => prompt.length);
  }

  /** Adds a member to the prompt's group, and creates the group if needed. */
  join(prompt: CachedPrompt): Group {
    let group = this.#byPrompt.get(prompt);
    if (group === undefined) {
      group = { prompt, row: this.#groups.length, members: 0 };
      this.cache.load(group.row, prompt);
      this.#groups.push(group);
      this.#byPrompt.set(prompt, group);
    }
    group.members++;
    return group;
  }

  /** Removes a member. If its group becomes empty, the last group moves into its row. */
  leave(group: Group): void {
    if (--group.members > 0) return;
    this.#byPrompt.delete(group.prompt);
    const last = this.#groups.pop();
    if (last === undefined || last === group) return;
    this.cache.move(last.row, group.row, last.prompt.length);
    last.row = group.row;
    this.#groups[last.row] = last;
  }

  /**
   * Computes the layout of a decoding step.
   *
   * @param running the group of each running sequence
   */
  layout(running: readonly Group[]): Layout {
    const groups = this.#groups.length;
    const size = Math.max(FEWEST_PLACES, ...this.#groups.map(({ members }) => members));
    const members = new Int32Array(groups * size);
    const taken = new Int32Array(groups);
    const places = Int32Array.from(running, ({ row }, sequence) => {
      const place = row * size + taken[row]++;
      members[place] = sequence;
      return place;
    });
    return { groups, size, members, places };
  }
}
