/** One call that two samplers share: this thread's, and its peer's. Both stop if one of them fails. */

import type { Completion, DrawnTokens, SampleRequest } from '../../../engine.ts';
import type { BatchSampler } from '../batch-sampler.ts';
import type { SampleControl } from '../continuous-batching.ts';
import { Board, SideStopped } from './board.ts';
import type { Part, SharedCall } from './messages.ts';
import { SIDES } from './pays.ts';
import { sharedPull } from './pulling.ts';

/** How the peer samples its share. */
export type SampleAtPeer = (call: SharedCall, tokens: (drawn: DrawnTokens[]) => void) => Promise<Part[]>;

/** Time between two checks of the caller's wishes while only the peer runs. */
const CHECK_MS = 20;

/** Samples the completions of a call with both samplers. Throws the first error of either, after both have ended. */
export async function sampleTogether(
  requests: readonly SampleRequest[],
  control: SampleControl,
  ours: Pick<BatchSampler, 'sample'>,
  theirs: SampleAtPeer,
): Promise<Completion[][]> {
  const board = Board.forRequests(requests.length);
  const tick = tickOfBoth(requests, board, control);
  tick.passAborts();
  const stopped = async <T>(side: Promise<T>): Promise<T> => {
    try {
      return await side;
    } catch (error) {
      board.stop();
      throw error;
    }
  };
  const call = { requests, board: board.memory, streamed: control.stream !== undefined };
  const other = stopped(theirs(call, (drawn) => forward(drawn, control.stream)));
  const share = { pull: sharedPull(requests, board), sides: SIDES };
  const own = stopped(
    ours.sample(requests, { ...control, tick: tick.ours }, share).then(async (sampled) => {
      await ended(other, tick.theirs);
      return sampled;
    }),
  );
  const [mine, rest] = await Promise.allSettled([own, other]);
  if (mine.status === 'rejected' || rest.status === 'rejected') throw causeOf(mine, rest);
  for (const { request, sample, completion } of rest.value) mine.value[request][sample] = completion;
  return mine.value;
}

/** Reports the progress of both sides to the caller, and passes the caller's aborts on to the peer. */
function tickOfBoth(
  requests: readonly SampleRequest[],
  board: Board,
  { tick, isAborted = () => false }: SampleControl,
) {
  let own = 0;
  const passAborts = (): void => {
    for (let request = 0; request < requests.length; request++) if (isAborted(request)) board.abort(request);
  };
  const both = (tokens: number): void => {
    board.check();
    passAborts();
    const peer = board.recorded();
    tick(own + peer.done, tokens + peer.tokens);
  };
  return {
    passAborts,
    ours: (done: number, tokens: number): void => {
      own = done;
      both(tokens);
    },
    theirs: (): void => both(0),
  };
}

/** Waits for the peer and ticks meanwhile. Throws what a tick throws. */
async function ended(other: Promise<unknown>, tick: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const refused = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      try {
        tick();
      } catch (error) {
        reject(error);
      }
    }, CHECK_MS);
  });
  try {
    await Promise.race([other, refused]);
    tick();
  } finally {
    clearInterval(timer);
  }
}

function forward(drawn: readonly DrawnTokens[], stream: SampleControl['stream']): void {
  for (const { request, completion: sample, tokens, logprobs, end } of drawn) {
    tokens.forEach((token, at) => stream?.drawn({ request, sample }, token, logprobs[at]));
    if (end !== null) stream?.ended({ request, sample }, end);
  }
}

/** Returns the error of the side that failed: the other one only says that it was stopped. */
function causeOf(...sides: PromiseSettledResult<unknown>[]): unknown {
  const reasons = sides.flatMap((side): unknown[] => (side.status === 'rejected' ? [side.reason] : []));
  return reasons.find((reason) => !(reason instanceof SideStopped)) ?? reasons[0];
}
