/** Which request gets which fault: decided by a seed, the route and the count of its requests, and by nothing else. */

import { Random, deriveSeed } from '../../src/random.ts';

/**
 * Faults of a network, of a proxy on the way, or of a service.
 *
 * - `429` to `503`, `502-html`: answered so, and not done; `429-after` has a Retry-After
 * - `410-sample`: the service has lost the promise of a sample
 * - `lost-request`: the connection ends, and the service has not seen the request
 * - `lost-answer`: the service did it, and the connection ends
 * - `cut`: the answer ends in the middle of its body
 * - `duplicate`: the service gets the request twice; the second answer is returned
 * - `delay`: kept back for a while; `hold`: kept back until another request has been answered
 * - `reset`: the connection is reset before the answer; `down`: all connections are, for a while
 * - `slow`: the answer drips; `try-again`: an answer to a poll that asks for another one
 * - `restart`: the service is restarted, and the request is lost
 */
export const FAULTS = [
  '429',
  '429-after',
  '408',
  '500',
  '503',
  '502-html',
  '410-sample',
  'lost-request',
  'lost-answer',
  'cut',
  'duplicate',
  'delay',
  'hold',
  'reset',
  'down',
  'slow',
  'try-again',
  'restart',
] as const;
export type Fault = (typeof FAULTS)[number];

/** The last part of the paths whose requests get faults; the others are passed on. */
export const FAULTY_ROUTES: readonly string[] = [
  'create_model',
  'create_sampling_session',
  'forward',
  'forward_backward',
  'optim_step',
  'save_weights',
  'save_weights_for_sampler',
  'load_weights',
  'asample',
  'retrieve_future',
];

export interface ScheduleOptions {
  seed: number;
  /** Probability of a fault per request. */
  rate: number;
  faults: readonly Fault[];
  routes?: readonly string[];
  /** Maximum number of faults in all; unlimited if absent. */
  max?: number;
  /** Maximum number of faults that the same request gets, with its repetitions; 3 if absent. */
  repeat?: number;
}

/** A request as the schedule sees it. */
export interface Scheduled {
  route: string;
  /** Equal for the repetitions of a request. */
  key: string;
  /** Whether it polls for a sample. */
  samplePoll: boolean;
}

/** Deals out faults. The same seed and the same requests in each route's order get the same faults. */
export class FaultSchedule {
  readonly #options: ScheduleOptions;
  readonly #counts = new Map<string, number>();
  readonly #repeats = new Map<string, number>();
  #left: number;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#left = options.max ?? Infinity;
  }

  /** Returns the fault of the next request; null if it is passed on. */
  next({ route, key, samplePoll }: Scheduled): Fault | null {
    const { seed, rate, faults, routes = FAULTY_ROUTES, repeat = 3 } = this.#options;
    const count = this.#counts.get(route) ?? 0;
    this.#counts.set(route, count + 1);
    const random = new Random(deriveSeed(seed, route, count));
    const hit = random.chance(rate);
    const repeats = this.#repeats.get(key) ?? 0;
    if (!hit || !routes.includes(route) || this.#left <= 0 || repeats >= repeat) return null;
    const possible = faults.filter((fault) => {
      if (fault === '410-sample') return samplePoll;
      return fault !== 'try-again' || route === 'retrieve_future';
    });
    if (possible.length === 0) return null;
    this.#left--;
    this.#repeats.set(key, repeats + 1);
    return random.pick(possible);
  }
}
