/** Addresses of training: models, passes, steps, saves, loads. Each answers with the id of a future. */

import { randomInt } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import type { Hono } from 'hono';
import { optional } from '../../../wire/json/fields.ts';
import { readForwardBackwardJson } from '../../../wire/json/training.ts';
import type { ForwardBackward } from '../../../wire/messages.ts';
import { decodeForwardBackward } from '../../../wire/protobuf/training.ts';
import { ForwardBackwardRequestSchema } from '../../../wire/schema/training_pb.ts';
import type { BodyReader } from '../../shell/body.ts';
import { Refusal } from '../../shell/refusal.ts';
import type { ShellEnv } from '../../shell/shell.ts';
import { parsePath } from '../checkpoints/paths.ts';
import type { Checkpoint } from '../checkpoints/store.ts';
import type { Future } from '../futures.ts';
import type { TinkerService } from '../service.ts';
import { adapterOf, loraFields, savedAdapter } from '../training/adapters.ts';
import { checkBatch } from '../training/batch.ts';
import type { Model } from '../training/models.ts';
import type { Task } from '../training/requests.ts';
import {
  adam,
  boolean,
  count,
  integer,
  lora,
  metadata,
  optionalInteger,
  optionalText,
  requireAdam,
  text,
  ttlSeconds,
} from './fields.ts';
import { eitherBody, type JsonBody, onJson, type Request, wired } from './request.ts';

/** The body of an answer to an accepted request. */
export function accepted({ id, modelId }: Future): Record<string, unknown> {
  return { request_id: id, future_id: id, ...(modelId === null ? {} : { model_id: modelId }) };
}

export function trainingRoutes(page: Hono<ShellEnv>, service: TinkerService, bodies: BodyReader): void {
  const { models, training, sampling, sessions, context } = service;

  /** A training request in JSON. */
  const post = (path: string, prepare: (body: JsonBody, model: Model) => Task): void => {
    onJson(page, bodies, path, (body) => accepted(submitJson(body, prepare)));
  };
  const submitJson = (body: JsonBody, prepare: (body: JsonBody, model: Model) => Task): Future => {
    const address = wired(() => ({
      modelId: text(body.fields, 'model_id'),
      seq: integer(body.fields, 'seq_id'),
      hash: body.hash,
      bytes: body.bytes,
    }));
    return training.submit(address, (model) => wired(() => prepare(body, model)));
  };
  const pass = (message: ForwardBackward): Task => training.pass(checkBatch(message, context.model));

  onJson(page, bodies, '/api/v1/create_model', ({ fields, hash }) => {
    const given = wired(() => {
      requireAdam(fields);
      const base = text(fields, 'base_model');
      return {
        base,
        seq: count(fields, 'model_seq_id'),
        config: optional(fields.lora_config, 'lora_config', lora),
        metadata: metadata(fields),
        session: text(fields, 'session_id'),
      };
    });
    requireBase(given.base, context.model.name);
    const { config } = given;
    if (config === undefined) throw new Refusal(400, 'lora_config is missing; rank 0 trains all parameters.');
    const { future, modelId } = models.create({
      session: sessions.touch(given.session),
      seq: given.seq,
      hash,
      adapter: adapterOf(config, context.model.maxRank),
      ownAlpha: config.lora_alpha !== undefined,
      seed: config.seed ?? randomInt(0x1_0000_0000),
      metadata: given.metadata,
      from: null,
    });
    return { ...accepted(future), model_id: modelId };
  });
  onJson(page, bodies, '/api/v1/get_info', ({ fields }) => {
    const { id, adapter } = models.get(wired(() => text(fields, 'model_id')));
    const { name, architecture, tokenizer } = context.model;
    return {
      model_id: id,
      model_name: name,
      model_data: { arch: architecture, model_name: name, tokenizer_id: tokenizer },
      ...loraFields(adapter),
      type: 'get_info',
    };
  });
  onJson(page, bodies, '/api/v1/unload_model', ({ fields }) =>
    accepted(models.unload(wired(() => text(fields, 'model_id')))),
  );
  const forwardBackward = async (request: Request): Promise<Response> => {
    const future = await eitherBody(request, bodies, {
      json: (body) => submitJson(body, ({ fields }) => pass(readForwardBackwardJson(fields))),
      protobuf: (body, hash) => {
        const message = decoded(body);
        const { modelId, seqId: seq } = message instanceof Refusal ? addressOf(body) : message;
        return training.submit({ modelId, seq, hash, bytes: body.length }, () => {
          if (message instanceof Refusal) throw message;
          return pass(message);
        });
      },
    });
    return request.json(accepted(future));
  };
  page.post('/api/v1/forward_backward', (request) => forwardBackward(request));
  post('/api/v1/forward', ({ fields }) => pass(readForwardBackwardJson(fields)));
  post('/api/v1/optim_step', ({ fields }) => training.optimStep(adam(fields)));
  post('/api/v1/save_weights', ({ fields }) => training.save('weights', saveOptions(fields)));
  post('/api/v1/save_weights_for_sampler', ({ fields }, model) => {
    const kind = optionalText(fields, 'kind') ?? 'snapshot';
    if (kind !== 'snapshot')
      throw new Refusal(400, 'kind must be snapshot: weights that change while they are sampled are not supported.');
    const seq = optionalInteger(fields, 'sampling_session_seq_id');
    if (optionalText(fields, 'path') !== undefined || seq === undefined) {
      return training.save('sampler_weights', saveOptions(fields));
    }
    return sampling.publish(model, count(fields, 'sampling_session_seq_id'));
  });
  onJson(page, bodies, '/api/v1/load_weights', (body) => {
    if (body.fields.session_id === undefined || body.fields.session_id === null) {
      return accepted(submitJson(body, ({ fields }, model) => training.load(model, ...source(fields))));
    }
    return createFrom(body);
  });

  /** Creates a model from a checkpoint, with the checkpoint's adapter. */
  const createFrom = ({ fields, hash }: JsonBody): Record<string, unknown> => {
    const given = wired(() => {
      requireAdam(fields);
      return {
        base: optionalText(fields, 'base_model'),
        seq: count(fields, 'model_seq_id'),
        metadata: metadata(fields),
        session: text(fields, 'session_id'),
      };
    });
    if (given.base !== undefined) requireBase(given.base, context.model.name);
    const [checkpoint, optimizer] = wired(() => source(fields));
    const { future, modelId } = models.create({
      session: sessions.touch(given.session),
      seq: given.seq,
      hash,
      adapter: savedAdapter(checkpoint),
      ownAlpha: false,
      seed: 0,
      metadata: given.metadata,
      from: { checkpoint, optimizer },
    });
    return { ...accepted(future), model_id: modelId };
  };

  /** The checkpoint of a load request, and whether to restore its optimizer. */
  const source = (fields: JsonBody['fields']): [checkpoint: Checkpoint, optimizer: boolean] => {
    const path = parsePath(text(fields, 'path'));
    const optimizer = boolean(fields, 'optimizer');
    const checkpoint = context.store.find(path);
    if (checkpoint === undefined) throw new Refusal(404, 'There is no such checkpoint.');
    if (checkpoint.run.base !== context.model.name) throw new Refusal(400, 'The checkpoint is of another base model.');
    if (optimizer && path.kind !== 'weights') throw new Refusal(400, 'Weights for sampling have no optimizer state.');
    return [checkpoint, optimizer];
  };
}

function saveOptions(fields: JsonBody['fields']) {
  return {
    name: text(fields, 'path'),
    ttlSeconds: ttlSeconds(fields),
    overwrite: boolean(fields, 'overwrite'),
    metadata: metadata(fields),
  };
}

function requireBase(asked: string, served: string): void {
  if (asked !== served) throw new Refusal(400, `This server has the model ${JSON.stringify(served)} only.`);
}

function decoded(body: Buffer): ForwardBackward | Refusal {
  try {
    return wired(() => decodeForwardBackward(body));
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** Returns model and number of a request, also of one whose datums cannot be read. Throws Refusal 400. */
function addressOf(body: Buffer): { modelId: string; seqId: number } {
  try {
    return fromBinary(ForwardBackwardRequestSchema, body, { readUnknownFields: false });
  } catch {
    throw new Refusal(400, 'The body is no valid protobuf ForwardBackwardRequest.');
  }
}
