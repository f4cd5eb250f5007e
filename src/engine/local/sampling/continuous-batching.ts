/**
 * Continuous batching: the completions of a call run in lanes, and a lane that becomes free takes the next completion.
 * A device implements `Lanes`: `batch-sampler.ts` on the processor, `../webgpu/sampling/` on a GPU. How completions end,
 * are streamed, aborted and recorded is here.
 */

import { EngineError } from '../../../errors.ts';
import type { Completion, SampleRequest } from '../../engine.ts';
import { isStopToken, matchedStop, type Decode } from '../../stop-strings.ts';

/** Which completion of a call. */
export interface Place {
  request: number;
  sample: number;
}

/** How a completion ended. */
export type Ending = Pick<Completion, 'stop' | 'stopString' | 'policyVersion'>;

/** Callbacks of a call. */
export interface SampleControl {
  /** Called after every decoding step; may throw to abort. */
  tick: (completionsDone: number, tokens: number) => void;
  /** Called with every token, and with every completion when it has ended. */
  stream?: {
    drawn(at: Place, token: number, logprob: number): void;
    ended(at: Place, completion: Ending): void;
  };
  /** Returns whether one request must end now; its completions keep their tokens. Default: none. */
  isAborted?: (request: number) => boolean;
}

/** What the completions of a model have in common. */
export interface ModelEnds {
  /** The model's stop tokens. */
  eosIds: readonly number[];
  policyVersion: number;
  /** Decodes tokens, to find stop strings. */
  decode: Decode;
}

/** A token with its raw log-probability. */
export interface Drawn {
  token: number;
  logprob: number;
}

/** A completion whose prompt has run. */
export interface Entered<Lane> extends Place {
  lane: Lane;
  /** Draws its first token. */
  draw: () => Drawn;
}

/** A completion in its lane, with at least one token. */
export interface Running<Lane> extends Place {
  lane: Lane;
  tokens: number[];
  logprobs: number[];
  stopString: string | null;
}

export interface Lanes<Lane> {
  /** Number of completions that run at once. */
  readonly count: number;
  /** Number of free lanes from which on new completions start while others run: starting costs a device some time. */
  readonly refill: number;
  /** Starts the next completions of the call: at least one, at most `most`; none if all have been started. */
  enter(most: number): Promise<Entered<Lane>[]>;
  /**
   * Decodes the last token of every running completion. Returns how the next token is drawn, by index in `running`; each
   * is drawn at most once.
   */
  step(running: readonly Running<Lane>[]): Promise<(at: number) => Drawn>;
  /** Frees a lane. */
  leave(lane: Lane): void;
  /** The last of the running completions takes the index of one that left. */
  move(last: Running<Lane>, from: number, to: number): void;
}

/** Samples all completions of a call; returns them by request and sample. */
export async function runLanes<Lane>(
  requests: readonly SampleRequest[],
  lanes: Lanes<Lane>,
  model: ModelEnds,
  control: SampleControl,
): Promise<Completion[][]> {
  const { isAborted = () => false, stream, tick } = control;
  const results: Completion[][] = requests.map(() => []);
  const running: Running<Lane>[] = [];
  let done = 0;
  const extend = (sequence: Running<Lane>, draw: () => Drawn): boolean => {
    const request = requests[sequence.request];
    append(sequence, draw(), stream);
    return goesOn(request, sequence, model);
  };
  const finish = (sequence: Running<Lane>): void => {
    const completion = completionOf(requests[sequence.request], sequence, model);
    results[sequence.request][sequence.sample] = completion;
    stream?.ended(sequence, completion);
    done++;
    lanes.leave(sequence.lane);
  };
  for (;;) {
    while (running.length === 0 || lanes.count - running.length >= lanes.refill) {
      const entered = await lanes.enter(lanes.count - running.length);
      if (entered.length === 0) break;
      for (const { request, sample, lane, draw } of entered) {
        const sequence: Running<Lane> = { request, sample, lane, tokens: [], logprobs: [], stopString: null };
        if (!isAborted(request) && extend(sequence, draw)) running.push(sequence);
        else finish(sequence);
      }
    }
    if (running.length === 0) return results;
    const next = await lanes.step(running);
    const batch = running.length;
    for (let at = batch - 1; at >= 0; at--) {
      if (extend(running[at], () => next(at)) && !isAborted(running[at].request)) continue;
      finish(running[at]);
      removeAt(running, at, lanes);
    }
    tick(done, batch);
  }
}

/** Returns how many of its tokens a running completion has decoded: all but the last. */
export function decodedTokens({ tokens }: Running<unknown>): number {
  return tokens.length - 1;
}

function append(sequence: Running<unknown>, { token, logprob }: Drawn, stream: SampleControl['stream']): void {
  if (!Number.isFinite(logprob)) {
    const advice = 'Its weights may be damaged or have diverged: use an earlier checkpoint.';
    throw new EngineError('numeric', 'The model gives no finite probabilities.', advice);
  }
  sequence.tokens.push(token);
  sequence.logprobs.push(logprob);
  stream?.drawn(sequence, token, logprob);
}

/** Returns whether a completion needs more tokens. Notes the stop string that its last token completes. */
function goesOn(request: SampleRequest, sequence: Running<unknown>, { eosIds, decode }: ModelEnds): boolean {
  const { tokens } = sequence;
  if (isStopToken(tokens[tokens.length - 1], eosIds, request)) return false;
  sequence.stopString = matchedStop(tokens, request.stopStrings ?? [], decode);
  return sequence.stopString === null && tokens.length < request.maxTokens;
}

function completionOf(
  request: SampleRequest,
  { tokens, logprobs, stopString }: Running<unknown>,
  { eosIds, policyVersion }: ModelEnds,
): Completion {
  const last = tokens.at(-1);
  const stopped = stopString !== null || (last !== undefined && isStopToken(last, eosIds, request));
  return {
    tokens: Int32Array.from(tokens),
    logprobs: Float32Array.from(logprobs),
    stop: stopped ? 'stop' : 'length',
    ...(stopString === null ? {} : { stopString }),
    policyVersion,
  };
}

/** Removes a completion by putting the last one in its place. */
function removeAt<Lane>(running: Running<Lane>[], at: number, lanes: Lanes<Lane>): void {
  const last = running.pop();
  if (last === undefined || at === running.length) return;
  lanes.move(last, running.length, at);
  running[at] = last;
}
