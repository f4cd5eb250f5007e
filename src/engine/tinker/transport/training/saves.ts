/** Saves of one model: checkpoints with a name, and snapshots that last as long as the session. */

import { z } from 'zod';

import { parseJson } from '../../../../wire/json/parse.ts';
import { type CallOptions, ServiceError } from '../../service.ts';
import { type CheckpointKind, findSaved } from '../checkpoints.ts';
import { type Promised, readPromise, type RequestType } from '../exchange/futures.ts';
import type { HttpAnswer } from '../exchange/http.ts';
import { json, modelLost, type Requests } from './requests.ts';

const saved = z.object({ path: z.string().nullish(), sampling_session_id: z.string().nullish() });

/** A snapshot that exists already was made by a lost attempt; it has other numbers then. */
const PUBLISH_ATTEMPTS = 3;
const SAVING = { key: null, harmless: true } as const;

/** Saves weights under a name; returns the checkpoint's path. */
export async function saveCheckpoint(
  requests: Requests,
  kind: CheckpointKind,
  name: string,
  options: CallOptions,
): Promise<string> {
  const { caller, usage } = requests.parts;
  usage.request();
  const sampler = kind === 'sampler_weights';
  const route = sampler ? 'save_weights_for_sampler' : 'save_weights';
  const type: RequestType = sampler ? 'SaveWeightsForSampler' : 'SaveWeights';
  const find = (): Promise<string | undefined> =>
    findSaved(caller, { run: requests.model, kind, name }, options.signal);
  return requests.lane.run(SAVING, async () => {
    const promise = await requests.submit<Promised | string>(
      {
        path: `/api/v1/${route}`,
        body: json({ model_id: requests.model, path: name, seq_id: requests.next(), type: route }),
        read: readPromise,
        repeat: requests.repeat(),
        // The name is taken: an earlier attempt has arrived after all.
        conflict: find,
      },
      options,
    );
    if (typeof promise === 'string') return async () => promise;
    return async () => {
      try {
        return await requests.result(promise, { type, read: readPathOf }, options);
      } catch (error) {
        const found = mayHaveSaved(error) ? await find() : undefined;
        if (found === undefined) throw error;
        return found;
      }
    };
  });
}

/** Makes a snapshot; returns the id of its sampling session. */
export async function publishSnapshot(requests: Requests, options: CallOptions): Promise<string> {
  requests.parts.usage.request();
  return requests.lane.run(SAVING, async () => {
    const result = await publish(requests, options);
    return async () => result;
  });
}

async function publish(requests: Requests, options: CallOptions): Promise<string> {
  for (let count = 1; ; count++) {
    try {
      return await publishOnce(requests, options);
    } catch (error) {
      const taken = error instanceof ServiceError && error.status === 409;
      const lost = error instanceof ServiceError && error.outcome === 'unknown';
      // A second snapshot of the same weights does no harm.
      if (!(taken || lost) || count >= PUBLISH_ATTEMPTS) throw error;
    }
  }
}

async function publishOnce(requests: Requests, options: CallOptions): Promise<string> {
  const { caller, openSampling } = requests.parts;
  const promise = await caller.call({
    path: '/api/v1/save_weights_for_sampler',
    body: json({
      model_id: requests.model,
      seq_id: requests.next(),
      sampling_session_seq_id: requests.session.samplings++,
      type: 'save_weights_for_sampler',
    }),
    read: readPromise,
    repeat: requests.repeat(),
    missing: modelLost,
    gone: 'lost-model',
    signal: options.signal,
  });
  const { path, sampling_session_id: id } = await requests.result(
    promise,
    { type: 'SaveWeightsForSampler', read: ({ body }) => saved.parse(parseJson(body)) },
    options,
  );
  if (id) return id;
  if (path) return openSampling(path, options);
  throw caller.error('failed', 'save_weights_for_sampler', { status: null, text: 'it names no sampling session' });
}

function mayHaveSaved(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return false;
  return error.outcome === 'unknown' || error.outcome === 'lost-model' || /exists/i.test(error.message);
}

function readPathOf({ body }: HttpAnswer): string {
  const { path } = saved.parse(parseJson(body));
  if (!path) throw new Error('the answer to a save has no path');
  return path;
}
