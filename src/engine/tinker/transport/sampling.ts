/** Sample requests: many at once, within the limits of the service and of the settings. */

import { parseJson } from '../../../wire/json/parse.ts';
import { readSampleOutputJson, sampleRequestJson } from '../../../wire/json/sampling.ts';
import type { SampleOutput } from '../../../wire/messages.ts';
import { decodeSampleOutput } from '../../../wire/protobuf/sampling.ts';
import { type CallOptions, type RemoteSampleRequest, ServiceError } from '../service.ts';
import type { Caller } from './exchange/caller.ts';
import { BYTES_PER_NUMBER } from './training/chunks.ts';
import { isProtobuf, type Promised, PromiseLost, readPromise, waitForResult } from './exchange/futures.ts';
import { Gate } from './gate.ts';
import type { HttpAnswer } from './exchange/http.ts';
import type { ServiceLimits } from './limits.ts';
import type { UsageCounter } from './usage.ts';

/** A prompt above this makes the service wait longer before the next attempt. */
const LARGE_PROMPT_BYTES = 128 * 1024;
const PAUSE_MS = 1000;
const LARGE_PAUSE_MS = 5000;
/** How often a request is made again because the service has lost it. */
const RESUBMISSIONS = 10;

export class Sampling {
  #caller: Caller;
  #usage: UsageCounter;
  #deadlineMs: number;
  /** From submission to result. */
  #inFlight: Gate;
  /** During submission. */
  #dispatch: Gate;
  /** The next number of each sampling session. */
  #numbers = new Map<string, bigint>();

  constructor(
    caller: Caller,
    options: { usage: UsageCounter; deadlineMs: number; concurrency: number; limits: ServiceLimits },
  ) {
    const { usage, deadlineMs, concurrency, limits } = options;
    this.#caller = caller;
    this.#usage = usage;
    this.#deadlineMs = deadlineMs;
    this.#inFlight = new Gate({ count: Math.min(concurrency, limits.samples), bytes: Infinity }, caller.clock);
    this.#dispatch = new Gate(limits.dispatch, caller.clock);
  }

  /** Samples. A request that the service has lost is made again with a new number. */
  async sample(request: RemoteSampleRequest, { signal }: CallOptions): Promise<SampleOutput> {
    if (request.n < 1 || request.prompt.length === 0)
      throw new ServiceError('refused', 'a sample request needs a prompt and at least one completion');
    const leave = await this.#inFlight.enter(0, signal);
    try {
      for (let count = 0; ; count++) {
        try {
          return await this.#once(request, signal);
        } catch (error) {
          if (!(error instanceof PromiseLost)) throw error;
          if (count >= RESUBMISSIONS) throw this.#error('lost-sampler', `it loses every request: ${error.message}`);
        }
      }
    } finally {
      leave();
    }
  }

  async #once(request: RemoteSampleRequest, signal: AbortSignal | undefined): Promise<SampleOutput> {
    const promise = await this.#submit(request, signal);
    const output = await waitForResult(this.#caller, promise, {
      type: 'Sample',
      binary: true,
      read: readOutput,
      deadlineMs: this.#deadlineMs,
      signal,
    });
    if (output.sequences.length !== request.n)
      throw this.#error('failed', `${request.n} completions were requested, ${output.sequences.length} came`);
    this.#usage.sampled(request.prompt, output);
    return output;
  }

  #submit(request: RemoteSampleRequest, signal: AbortSignal | undefined): Promise<Promised> {
    const seqId = this.#numbers.get(request.samplingSession) ?? 0n;
    this.#numbers.set(request.samplingSession, seqId + 1n);
    const bytes = request.prompt.length * BYTES_PER_NUMBER;
    const content = sampleRequestJson({
      ...request,
      seqId,
      promptLogprobs: request.promptLogprobs === true,
      topkPromptLogprobs: 0,
    });
    return this.#caller.call({
      path: '/api/v1/asample',
      body: () => ({ type: 'application/json', content }),
      headers: { 'x-tinker-sampling-backpressure': '1' },
      signal,
      missing: () => 'lost-sampler',
      gone: 'lost-sampler',
      read: readPromise,
      busy: ({ retryAfterMs }) => {
        this.#dispatch.throttle();
        return retryAfterMs ?? (bytes > LARGE_PROMPT_BYTES ? LARGE_PAUSE_MS : PAUSE_MS);
      },
      around: async (exchange) => {
        const leave = await this.#dispatch.enter(bytes, signal);
        try {
          return await exchange();
        } finally {
          leave();
        }
      },
    });
  }

  #error(outcome: 'failed' | 'lost-sampler', text: string): ServiceError {
    return this.#caller.error(outcome, 'asample', { status: null, text });
  }
}

function readOutput(answer: HttpAnswer): SampleOutput {
  if (isProtobuf(answer)) return decodeSampleOutput(answer.body);
  return readSampleOutputJson(parseJson(answer.body));
}
