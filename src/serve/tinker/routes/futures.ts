/** The address of results. A poll is held open until the result is there. */

import type { Hono } from 'hono';
import { sampleOutputJson } from '../../../wire/json/sampling.ts';
import { forwardBackwardOutputJson } from '../../../wire/json/training.ts';
import { PROTOBUF_TYPE } from '../../../wire/protobuf/message.ts';
import { encodeSampleOutput } from '../../../wire/protobuf/sampling.ts';
import { encodeForwardBackwardOutput } from '../../../wire/protobuf/training.ts';
import type { BodyReader } from '../../shell/body.ts';
import { Refusal } from '../../shell/refusal.ts';
import type { ShellEnv } from '../../shell/shell.ts';
import type { Result } from '../futures.ts';
import type { TinkerService } from '../service.ts';
import { text } from './fields.ts';
import { onJson, wantsProtobuf, wired } from './request.ts';

export function futureRoutes(page: Hono<ShellEnv>, service: TinkerService, bodies: BodyReader): void {
  const { futures, limits } = service.context;
  onJson(page, bodies, '/api/v1/retrieve_future', async ({ fields }, request) => {
    const future = futures.find(wired(() => text(fields, 'request_id')));
    if (future === 'unknown') throw new Refusal(404, 'There is no such request.');
    if (future === 'gone') {
      throw new Refusal(410, 'The result is no longer kept. Send a sample request again with a new seq_id.');
    }
    if (future.result === null) {
      const left = new AbortController();
      request.env.outgoing.once('close', () => left.abort());
      await futures.wait(future, limits.pollMs, left.signal);
    }
    if (future.result === null) {
      return { type: 'try_again', request_id: future.id, queue_state: 'active' };
    }
    futures.markRead(future);
    return answer(future.result, wantsProtobuf(request));
  });
}

function answer(result: Result, protobuf: boolean): Response {
  switch (result.kind) {
    case 'json':
      return Response.json(result.value);
    case 'failed':
      return Response.json({ error: result.error, category: result.category });
    case 'forward':
      return protobuf
        ? binary(encodeForwardBackwardOutput(result.output))
        : json(forwardBackwardOutputJson(result.output));
    case 'sample':
      return protobuf ? binary(encodeSampleOutput(result.output)) : json(sampleOutputJson(result.output));
  }
}

function binary(body: Uint8Array<ArrayBuffer>): Response {
  return new Response(body, { headers: { 'Content-Type': PROTOBUF_TYPE } });
}

function json(body: string): Response {
  return new Response(body, { headers: { 'Content-Type': 'application/json' } });
}
