/**
 * Two samplers side by side, each of one thread: one on this thread, one on the thread of a peer. Small models are
 * sampled faster so, because their steps do not divide well among threads. Both take completions of a call until none
 * is left. A completion has the same bits on either side.
 */

import type { Completion, SampleRequest } from '../../../engine.ts';
import type { LocalSampler } from '../../backend.ts';
import type { Loaded } from '../../memory/loaded.ts';
import type { SampleControl } from '../continuous-batching.ts';
import type { SamplerSessions } from '../sampler-sessions.ts';
import type { Peer } from './peer.ts';
import type { PeerThread } from './peer-thread.ts';
import { FEWEST_COMPLETIONS } from './pays.ts';
import { sampleTogether } from './shared-call.ts';

export interface PairSessions {
  /** Of both threads, for calls with few completions. */
  whole: SamplerSessions;
  /** This thread's half. */
  half: SamplerSessions;
  peer: Peer;
}

export class PairSampler implements LocalSampler {
  #model: Loaded;
  #sessions: PairSessions;
  #fewest: number;
  /** The sampler of the peer, in the thread that it was opened in. */
  #opened: { thread: PeerThread; sampler: number } | null = null;

  /** @param fewest number of completions from which on a call is shared */
  constructor(model: Loaded, sessions: PairSessions, fewest = FEWEST_COMPLETIONS) {
    this.#model = model;
    this.#sessions = sessions;
    this.#fewest = fewest;
  }

  sample(requests: readonly SampleRequest[], control: SampleControl): Promise<Completion[][]> {
    const { whole, half } = this.#sessions;
    const completions = requests.reduce((sum, { n }) => sum + n, 0);
    if (completions < this.#fewest) {
      // Opening one more session takes longer than a small call gains, and keeps one more copy of the weights.
      const alone = half.serves(this.#model) ? half : whole;
      return alone.sampler(this.#model).sample(requests, control);
    }
    const { thread, sampler } = this.#atPeer();
    return sampleTogether(requests, control, half.sampler(this.#model), (call, tokens) =>
      thread.sample(sampler, call, tokens),
    );
  }

  close(): Promise<void> {
    this.#opened?.thread.close(this.#opened.sampler);
    this.#opened = null;
    return Promise.resolve();
  }

  #atPeer(): { thread: PeerThread; sampler: number } {
    const thread = this.#sessions.peer.thread();
    if (this.#opened?.thread !== thread) this.#opened = { thread, sampler: thread.open(this.#model) };
    return this.#opened;
  }
}
