/**
 * Finds the cut of a top-k or top-p selection without sorting the whole vocabulary: tokens are counted into
 * bins of similar likelihood, whole bins are skipped, and only the bin of the cut is sorted. Used by
 * `pick-token.ts`.
 */

import { argmax } from './argmax.ts';

const BINS = 1024;
/** Per unit of log-probability after temperature: the last bin starts 64 below the most likely token. */
const BINS_PER_UNIT = 16;

export interface Cut {
  /** The least likely token that is kept. For ties, lower ids are kept. */
  last: number;
  /** Sum of the kept tokens' weights. */
  mass: number;
}

export class LikelihoodBins {
  #row: Float32Array;
  #top: number;
  #temperature: number;
  #minP: number;
  #mass = new Float64Array(BINS);
  #count = new Int32Array(BINS);

  /** @param minP tokens below this fraction of the most likely one's weight are dropped */
  constructor(row: Float32Array, temperature: number, minP: number) {
    this.#row = row;
    this.#top = row[argmax(row)];
    this.#temperature = temperature;
    this.#minP = minP;
    for (let token = 0; token < row.length; token++) {
      const weight = this.weight(row[token]);
      if (weight < minP) continue;
      const bin = this.#binOf(row[token]);
      this.#mass[bin] += weight;
      this.#count[bin]++;
    }
  }

  /** Computes the weight of a log-probability after temperature; 1 for the most likely token. */
  weight(value: number): number {
    return Math.exp((value - this.#top) / this.#temperature);
  }

  /** Keeps the most likely tokens until there are `limit` of them or their weights reach `mass`. */
  cut(limit: number, mass: number): Cut {
    let kept = 0;
    let sum = 0;
    let lastBin = 0;
    for (let bin = 0; bin < BINS; bin++) {
      if (this.#count[bin] === 0) continue;
      if (kept + this.#count[bin] >= limit || sum + this.#mass[bin] >= mass) {
        return this.#cutInside(bin, kept, sum, limit, mass);
      }
      kept += this.#count[bin];
      sum += this.#mass[bin];
      lastBin = bin;
    }
    return { last: this.#sorted(lastBin).at(-1) ?? 0, mass: sum };
  }

  #cutInside(bin: number, before: number, massBefore: number, limit: number, mass: number): Cut {
    let sum = massBefore;
    const tokens = this.#sorted(bin);
    for (const [at, token] of tokens.entries()) {
      sum += this.weight(this.#row[token]);
      if (before + at + 1 >= limit || sum >= mass) return { last: token, mass: sum };
    }
    return { last: tokens[tokens.length - 1], mass: sum };
  }

  /** Returns the tokens of a bin, most likely first, then by id. */
  #sorted(bin: number): number[] {
    const tokens: number[] = [];
    for (let token = 0; token < this.#row.length; token++) {
      if (this.#binOf(this.#row[token]) === bin && this.weight(this.#row[token]) >= this.#minP) tokens.push(token);
    }
    return tokens.toSorted((a, b) => this.#row[b] - this.#row[a] || a - b);
  }

  #binOf(value: number): number {
    return Math.min(BINS - 1, Math.floor(((this.#top - value) / this.#temperature) * BINS_PER_UNIT));
  }
}
