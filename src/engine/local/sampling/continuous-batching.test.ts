import { expect, it } from 'vitest';

import type { SampleRequest } from '../../engine.ts';
import { type Entered, type Lanes, runLanes, type Running } from './continuous-batching.ts';

const request = (n: number, maxTokens: number): SampleRequest => ({
  prompt: Int32Array.of(1),
  n,
  seed: 0,
  maxTokens,
  temperature: 1,
  topP: 1,
  topK: 0,
});

/** Lanes whose token is the number of the completion. Records how many run when others start. */
class CountedLanes implements Lanes<number> {
  readonly count = 4;
  readonly refill: number;
  readonly starts: { running: number; started: number }[] = [];
  #queue: { request: number; sample: number }[];
  #held = new Set<number>();
  #next = 0;

  constructor(requests: readonly SampleRequest[], refill: number) {
    this.refill = refill;
    this.#queue = requests.flatMap(({ n }, at) => Array.from({ length: n }, (_, sample) => ({ request: at, sample })));
  }

  enter(most: number): Promise<Entered<number>[]> {
    const entered = this.#queue.splice(0, most).map((at) => ({ ...at, lane: this.#next++ }));
    this.starts.push({ running: this.#held.size, started: entered.length });
    for (const { lane } of entered) this.#held.add(lane);
    this.#check(this.#held.size <= this.count);
    return Promise.resolve(entered.map((one) => ({ ...one, draw: () => ({ token: one.lane, logprob: -1 }) })));
  }

  step(running: readonly Running<number>[]): Promise<(at: number) => { token: number; logprob: number }> {
    this.#check(running.length === this.#held.size && running.every(({ lane }) => this.#held.has(lane)));
    return Promise.resolve((at) => ({ token: running[at].lane, logprob: -1 }));
  }

  leave(lane: number): void {
    this.#check(this.#held.delete(lane));
  }

  move(): void {}

  #check(right: boolean): void {
    if (!right) throw new Error('the lanes in use are not those that run');
  }
}

it('returns every completion in its place, whatever ends first', async () => {
  const requests = [request(3, 4), request(2, 1), request(5, 2)];
  const lanes = new CountedLanes(requests, 1);
  const found = await runLanes(requests, lanes, { eosIds: [], policyVersion: 7, decode: () => '' }, { tick: () => {} });
  const tokens = found.map((all) => all.map((one) => [...one.tokens]));
  expect(tokens).toEqual([
    [0, 1, 2].map((lane) => Array<number>(4).fill(lane)),
    [3, 4].map((lane) => [lane]),
    [5, 6, 7, 8, 9].map((lane) => Array<number>(2).fill(lane)),
  ]);
  expect(found.flat().every(({ policyVersion, stop }) => policyVersion === 7 && stop === 'length')).toBe(true);
});

it('starts others while some run only where enough lanes are free', async () => {
  const requests = [2, 3, 4, 5, 2, 2, 2, 2].map((maxTokens) => request(1, maxTokens));
  const lanes = new CountedLanes(requests, 2);
  await runLanes(requests, lanes, { eosIds: [], policyVersion: 0, decode: () => '' }, { tick: () => {} });
  const started = lanes.starts.filter((one) => one.started > 0);
  expect(started.reduce((sum, one) => sum + one.started, 0)).toBe(8);
  expect(started[0]).toEqual({ running: 0, started: 4 });
  for (const { running } of started) expect(4 - running).toBeGreaterThanOrEqual(2);
});
