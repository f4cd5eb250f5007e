/** Addresses of sampling: sessions and requests. */

import type { Hono } from 'hono';
import { readSampleRequestJson } from '../../../wire/json/sampling.ts';
import type { BodyReader } from '../../shell/body.ts';
import type { ShellEnv } from '../../shell/shell.ts';
import type { TinkerService } from '../service.ts';
import { count, optionalText, text } from './fields.ts';
import { onJson, wired } from './request.ts';
import { accepted } from './training.ts';

export function samplingRoutes(page: Hono<ShellEnv>, service: TinkerService, bodies: BodyReader): void {
  const { sampling, sessions, context } = service;
  onJson(page, bodies, '/api/v1/create_sampling_session', ({ fields }) => {
    const given = wired(() => ({
      session: text(fields, 'session_id'),
      seq: count(fields, 'sampling_session_seq_id'),
      baseModel: optionalText(fields, 'base_model'),
      modelPath: optionalText(fields, 'model_path'),
    }));
    const { id } = sampling.open(sessions.touch(given.session), given.seq, given);
    return { sampling_session_id: id, type: 'create_sampling_session' };
  });
  page.get('/api/v1/samplers/:id', (request) => {
    const { id, path } = sampling.get(request.req.param('id'));
    return request.json({
      sampler_id: id,
      base_model: context.model.name,
      ...(path === null ? {} : { model_path: path }),
    });
  });
  onJson(page, bodies, '/api/v1/asample', ({ fields, hash }) => {
    const message = wired(() => readSampleRequestJson(fields));
    const future = sampling.submit(message, hash);
    // The SDK asserts one id per sample.
    const ids = Array.from({ length: message.n }, (_, index) => `${future.id}-${index}`);
    return { ...accepted(future), sample_sequence_ids: ids };
  });
}
