/** Numbered requests of one model: submitted in the order of its lane, repeated only while that is safe, and awaited. */

import { type CallOptions, ServiceError, type ServiceOutcome } from '../../service.ts';
import type { Call, Caller } from '../exchange/caller.ts';
import type { Judgement } from '../exchange/classify.ts';
import { type PollOptions, type Promised, PromiseLost, waitForResult } from '../exchange/futures.ts';
import type { ServiceLimits } from '../limits.ts';
import type { Session, Sessions } from '../session/sessions.ts';
import type { UsageCounter } from '../usage.ts';
import { Lane, leavesGap } from './lane.ts';
import type { TrainingCodec } from './training-codec.ts';

/** What all models of a service share. */
export interface ModelParts {
  caller: Caller;
  sessions: Sessions;
  codec: TrainingCodec;
  usage: UsageCounter;
  limits: ServiceLimits;
  deadlineMs: number;
  /** Whether a training request may be sent twice: the service does it once. */
  mayRepeat: () => boolean;
  openSampling: (path: string, options: CallOptions) => Promise<string>;
}

/** How the result of a request is awaited. */
export type ResultOptions<T> = Pick<PollOptions<T>, 'binary' | 'read' | 'type'>;

export class Requests {
  readonly model: string;
  readonly session: Session;
  readonly parts: ModelParts;
  readonly lane = new Lane();
  #seq = 0;

  constructor(model: string, session: Session, parts: ModelParts) {
    this.model = model;
    this.session = session;
    this.parts = parts;
  }

  /** Returns the number of the next request. */
  next(): number {
    return ++this.#seq;
  }

  /** Returns whether a request that is made now may be sent again later. */
  repeat(): () => Promise<boolean> {
    const { caller, mayRepeat } = this.parts;
    const mark = caller.mark();
    return async () => mayRepeat() && caller.sameInstance(mark);
  }

  /** Submits a numbered request. A number that may not have arrived ends the model: a strict service would wait. */
  async submit<T>(call: Call<T>, { signal }: CallOptions): Promise<T> {
    call.missing ??= modelLost;
    call.gone = 'lost-model';
    call.signal = signal;
    try {
      return await this.parts.caller.call(call);
    } catch (error) {
      if (leavesGap(error)) this.lane.end(asLost(error));
      throw error;
    }
  }

  /** Awaits the result of a request; `lost` gives one if the service has lost the request. */
  async result<T>(
    promise: Promised,
    how: ResultOptions<T>,
    { signal }: CallOptions,
    lost?: (error: PromiseLost) => T,
  ): Promise<T> {
    const { caller, deadlineMs } = this.parts;
    try {
      return await waitForResult(caller, promise, { ...how, deadlineMs, signal });
    } catch (error) {
      if (!(error instanceof PromiseLost)) throw error;
      if (lost !== undefined) return lost(error);
      throw caller.error('lost-model', how.type, { status: null, text: `it has lost the request: ${error.message}` });
    }
  }
}

/** Makes a body of JSON. */
export function json(fields: Record<string, unknown>): NonNullable<Call<unknown>['body']> {
  return jsonText(JSON.stringify(fields));
}

/** As `json`, of a text that is JSON already. */
export function jsonText(content: string): NonNullable<Call<unknown>['body']> {
  return () => ({ type: 'application/json', content });
}

/** A web framework's own 404 means that the service has no such route, not that it has no such model. */
export function modelLost({ text }: Judgement): ServiceOutcome {
  return /^(?:not found|http 404)\.?$/i.test(text) ? 'refused' : 'lost-model';
}

/** Returns the error of calls that follow one after which the model cannot be used. */
export function asLost(error: unknown): ServiceError {
  const text = error instanceof Error ? error.message : String(error);
  return new ServiceError('lost-model', text, { cause: error });
}
