/** The thread of the second sampler of a pair. `peer-thread.ts` starts it and sends it models and calls. */

import { parentPort, workerData } from 'node:worker_threads';

import type { DrawnTokens } from '../../../engine.ts';
import { reportOf } from '../../failure.ts';
import { useGate } from '../../session.ts';
import type { SampleControl } from '../continuous-batching.ts';
import { TokenStream } from '../token-stream.ts';
import { Board, SideStopped } from './board.ts';
import type { FromPeer, Part, PeerStart, SharedCall, ToPeer } from './messages.ts';
import { PeerModels } from './peer-models.ts';
import { SIDES } from './pays.ts';
import { sharedPull } from './pulling.ts';

const { options, gate }: PeerStart = workerData;
if (gate !== null) useGate(gate);
const models = new PeerModels(options);
let queue: Promise<void> = Promise.resolve();

parentPort?.on('message', (message: ToPeer) => {
  queue = queue.then(() => handle(message));
});

async function handle(message: ToPeer): Promise<void> {
  if (message.type === 'base') models.addBase(message);
  else if (message.type === 'drop-base') await models.dropBase(message.base);
  else if (message.type === 'open') models.open(message.sampler, message.model);
  else if (message.type === 'close') models.close(message.sampler);
  else if (message.type === 'sample') post(await answer(message.sampler, message.call));
  else await end();
}

async function answer(sampler: number, call: SharedCall): Promise<FromPeer> {
  const board = new Board(call.board);
  try {
    return { type: 'sampled', parts: await sample(sampler, call, board) };
  } catch (error) {
    // The other side sees the flag at its next step, also if it does not get to read messages before.
    board.stop();
    return error instanceof SideStopped ? { type: 'stopped' } : { type: 'failed', failure: reportOf(error) };
  }
}

async function sample(sampler: number, { requests, streamed }: SharedCall, board: Board): Promise<Part[]> {
  const stream = streamed ? new TokenStream((drawn: DrawnTokens[]) => post({ type: 'tokens', drawn })) : undefined;
  const control: SampleControl = {
    tick: (done, tokens) => {
      board.check();
      board.record(done, tokens);
    },
    isAborted: (request) => board.isAborted(request),
    stream,
  };
  const ready = await models.samplerFor(sampler, requests);
  const sampled = await ready.sample(requests, control, { pull: sharedPull(requests, board), sides: SIDES });
  stream?.flush();
  // Completions of the other side are gaps, which `forEach` leaves out.
  const parts: Part[] = [];
  sampled.forEach((completions, request) =>
    completions.forEach((completion, at) => parts.push({ request, sample: at, completion })),
  );
  return parts;
}

async function end(): Promise<void> {
  await models.end();
  parentPort?.close();
}

function post(message: FromPeer): void {
  parentPort?.postMessage(message);
}
