/** Addresses that clients call first: health, settings, sessions. */

import type { Hono } from 'hono';
import type { BodyReader } from '../../shell/body.ts';
import type { ShellEnv } from '../../shell/shell.ts';
import type { TinkerService } from '../service.ts';
import { metadata, text } from './fields.ts';
import { onJson, wired } from './request.ts';

/**
 * Flags of `client/config`. `use_pyqwest_transport`: the SDK's default needs a package that is often missing.
 * `proto_write_fwdbwd`: SDKs before 0.25 write JSON otherwise.
 */
const CONFIG = {
  pjwt_auth_enabled: false,
  credential_default_source: 'api_key',
  use_pyqwest_transport: false,
  proto_write_fwdbwd: true,
  proto_compress_fwdbwd: false,
  parallel_fwdbwd_chunks: true,
};

const UNEMBED = 'This server adapts attention and MLP; train_unembed has no effect. get_info says what is trained.';

export function startRoutes(page: Hono<ShellEnv>, service: TinkerService, bodies: BodyReader): void {
  const { model, engine } = service.context;
  page.get('/api/v1/healthz', (request) => request.json({ status: 'ok' }));
  page.get('/api/v1/get_server_capabilities', (request) =>
    request.json({
      supported_models: [
        { model_name: model.name, max_context_length: model.maxContext, trainable: true, sampleable: true },
      ],
      server: 'rzero',
      engine: engine.name,
    }),
  );
  page.post('/api/v1/client/config', (request) => request.json(CONFIG));
  page.post('/api/v1/client/dynamic_config', (request) =>
    request.json({ refresh_interval_sec: 300, sample_cancel_enabled: false }),
  );
  page.post('/api/v1/telemetry', (request) => request.json({ status: 'accepted' }));
  onJson(page, bodies, '/api/v1/create_session', ({ fields }) => {
    const { id } = service.sessions.create(wired(() => metadata(fields)));
    return { session_id: id, info_message: UNEMBED, type: 'create_session' };
  });
  onJson(page, bodies, '/api/v1/session_heartbeat', ({ fields }) => {
    service.sessions.touch(wired(() => text(fields, 'session_id')));
    return { type: 'session_heartbeat' };
  });
  onJson(page, bodies, '/api/v1/sessions/:id/finish', async (_, request) => {
    await service.endSession(service.sessions.touch(request.req.param('id') ?? ''));
    return {};
  });
  page.get('/api/v1/sessions', (request) => request.json({ sessions: service.sessions.list().map(({ id }) => id) }));
  page.get('/api/v1/sessions/:id', (request) => {
    const { models, samplers, metadata: given } = service.sessions.touch(request.req.param('id'));
    return request.json({ training_run_ids: [...models], sampler_ids: [...samplers], user_metadata: given });
  });
}
