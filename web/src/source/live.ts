/**
 * Follows runs while they go on. All views of a run share one connection. A hidden page has none, because a browser
 * opens only a few to one server. Next: `live-state.ts`.
 */

import { type Signal, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { afterMessage, backOff, type LiveState, nextNumber, OFF } from './live-state.ts';

/** Milliseconds between two versions, at least. */
const VERSION_MS = 500;
const NAMES = ['run', 'passing', 'state', 'reset', 'gone'];

let isServed = true;

/** Switches following off, for a page that no server has sent. */
export function neverFollow(): void {
  isServed = false;
}

/** Returns what is new in a run, and draws again when it changes. `run`: null for none. */
export function useLive(run: string | null): LiveState {
  const [state, setState] = useState<Signal<LiveState> | null>(null);
  useEffect(() => {
    if (run === null || !isServed) return;
    const follower = followerOf(run);
    follower.join();
    setState(follower.state);
    return () => {
      follower.leave();
      setState(null);
    };
  }, [run]);
  return state?.value ?? OFF;
}

/**
 * Returns a number that grows every `ms` milliseconds while the page is visible, for data without events, such as the list
 * of runs. In a page that no server has sent it stays 0.
 */
export function useEvery(ms: number): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (!isServed) return;
    const timer = setInterval(() => {
      if (!document.hidden) setCount((number) => number + 1);
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
  return count;
}

const followers = new Map<string, Follower>();

function followerOf(run: string): Follower {
  const follower = followers.get(run) ?? new Follower(run);
  followers.set(run, follower);
  return follower;
}

class Follower {
  readonly state = signal<LiveState>({ ...OFF, connection: 'connecting' });
  readonly #run: string;
  #users = 0;
  #source: EventSource | null = null;
  #failures = 0;
  /** The state after all messages; shown at the next flush. */
  #next = this.state.value;
  #hasNews = false;
  /** When the version grew last. */
  #shown = -VERSION_MS;
  #flush: number | null = null;
  #retry: number | null = null;

  constructor(run: string) {
    this.#run = run;
  }

  join(): void {
    if (this.#users++ > 0) return;
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#onVisibility();
  }

  leave(): void {
    if (--this.#users > 0) return;
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#close();
    if (this.#flush !== null) clearTimeout(this.#flush);
    followers.delete(this.#run);
  }

  #onVisibility = (): void => {
    if (document.hidden) this.#close();
    else if (this.#source === null && !this.#next.gone) this.#open();
  };

  #open(): void {
    this.#retry = null;
    const source = new EventSource(`api/runs/${encodeURIComponent(this.#run)}/events?from=${nextNumber(this.#next)}`);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#failures = 0;
      this.#update({ ...this.#next, connection: 'open' }, true);
    });
    source.addEventListener('error', () => {
      if (this.#source === source) this.#fail();
    });
    for (const name of NAMES) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        const { state, isNews } = afterMessage(this.#next, { name, data: JSON.parse(data) });
        this.#update(state, isNews);
        if (state.gone) this.#close();
      });
    }
  }

  #close(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    this.#source?.close();
    this.#source = null;
  }

  /** The browser gives up after an answer that is no stream, so that the page itself connects again. */
  #fail(): void {
    this.#close();
    this.#failures++;
    this.#update({ ...this.#next, connection: 'lost', passing: null }, false);
    if (!this.#next.gone) this.#retry = window.setTimeout(() => this.#open(), backOff(this.#failures));
  }

  #update(state: LiveState, isNews: boolean): void {
    this.#next = state;
    this.#hasNews ||= isNews;
    this.#flush ??= window.setTimeout(() => this.#show());
  }

  #show(): void {
    this.#flush = null;
    const wait = this.#shown + VERSION_MS - performance.now();
    if (this.#hasNews && wait <= 0) {
      this.#shown = performance.now();
      this.#hasNews = false;
      this.#next = { ...this.#next, version: this.#next.version + 1 };
    }
    this.state.value = this.#next;
    if (this.#hasNews) this.#flush = window.setTimeout(() => this.#show(), wait);
  }
}
