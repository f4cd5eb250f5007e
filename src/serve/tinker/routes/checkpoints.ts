/** Addresses of training runs and checkpoints: lists, facts, deletion, archives. */

import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Hono } from 'hono';
import type { BodyReader } from '../../shell/body.ts';
import { Refusal } from '../../shell/refusal.ts';
import type { ShellEnv } from '../../shell/shell.ts';
import { archiveOf } from '../checkpoints/archive.ts';
import { checkName, idOf, parsePath, pathOf } from '../checkpoints/paths.ts';
import type { RunRecord } from '../checkpoints/records.ts';
import type { Checkpoint } from '../checkpoints/store.ts';
import type { TinkerService } from '../service.ts';
import { loraFields, savedAdapter } from '../training/adapters.ts';
import { text, ttlSeconds } from './fields.ts';
import { jsonBody, onJson, queryNumber, type Request, wired } from './request.ts';

const RUN = '/api/v1/training_runs/:run';
const CHECKPOINT = `${RUN}/checkpoints/:kind/:name`;
/** Addresses under it carry their own permission, as a signed URL does. */
export const DOWNLOADS = '/api/v1/downloads/';
const DOWNLOAD_MS = 900_000;
const PAGE = 20;

export function checkpointRoutes(page: Hono<ShellEnv>, service: TinkerService, bodies: BodyReader): void {
  const { context } = service;
  const { store } = context;
  const downloads = new Map<string, { checkpoint: Checkpoint; expires: number }>();

  const named = (request: Request): Checkpoint => {
    const { run = '', kind = '', name = '' } = request.req.param();
    const found = store.find(parsePath(`tinker://${run}/${kind}/${checkName(name)}`));
    if (found === undefined) throw new Refusal(404, 'There is no such checkpoint.');
    return found;
  };
  const runOf = (request: Request): RunRecord => {
    const found = store.run(request.req.param('run') ?? '');
    if (found === undefined) throw new Refusal(404, 'There is no such training run.');
    return found;
  };
  const runBody = (run: RunRecord): Record<string, unknown> => {
    const own = store.list(run.runId);
    const last = (kind: Checkpoint['kind']): Record<string, unknown> | null => {
      const found = own.findLast((one) => one.kind === kind);
      return found === undefined ? null : checkpointBody(found);
    };
    return {
      training_run_id: run.runId,
      base_model: run.base,
      model_owner: 'local',
      ...loraFields(savedAdapter({ run })),
      corrupted: false,
      last_request_time: service.models.lastRequest(run.runId) ?? own.at(-1)?.record.created ?? run.created,
      last_checkpoint: last('weights'),
      last_sampler_checkpoint: last('sampler_weights'),
      user_metadata: run.metadata,
    };
  };

  onJson(page, bodies, '/api/v1/weights_info', ({ fields }) => {
    const found = store.find(parsePath(wired(() => text(fields, 'tinker_path'))));
    if (found === undefined) throw new Refusal(404, 'There is no such checkpoint.');
    const adapter = savedAdapter(found);
    return { base_model: found.run.base, ...loraFields(adapter), lora_alpha: adapter?.alpha ?? null };
  });
  page.get('/api/v1/training_runs', (request) => {
    const { items, cursor } = paged(store.runs().toReversed(), request);
    return request.json({ training_runs: items.map(runBody), cursor });
  });
  page.get(RUN, (request) => request.json(runBody(runOf(request))));
  page.get(`${RUN}/checkpoints`, (request) =>
    request.json({ checkpoints: store.list(runOf(request).runId).map(checkpointBody) }),
  );
  page.get('/api/v1/checkpoints', (request) => {
    const { items, cursor } = paged(store.list().toReversed(), request);
    return request.json({ checkpoints: items.map(checkpointBody), cursor });
  });
  const remove = async (request: Request): Promise<Response> => {
    await store.remove(named(request));
    return request.json({});
  };
  page.delete(CHECKPOINT, (request) => remove(request));
  const setTtl = async (request: Request): Promise<Response> => {
    const { fields } = await jsonBody(request, bodies);
    const ttl = wired(() => ttlSeconds(fields));
    store.setTtl(named(request), ttl);
    return request.json({});
  };
  page.put(`${CHECKPOINT}/ttl`, (request) => setTtl(request));
  page.get(`${CHECKPOINT}/archive`, (request) => {
    const checkpoint = named(request);
    const now = performance.now();
    for (const [token, { expires }] of downloads) if (expires < now) downloads.delete(token);
    const token = randomBytes(32).toString('base64url');
    downloads.set(token, { checkpoint, expires: now + DOWNLOAD_MS });
    const expires = new Date(Date.now() + DOWNLOAD_MS).toUTCString();
    const url = new URL(`${DOWNLOADS}${token}`, `http://${request.env.incoming.headers.host}`).href;
    return new Response(null, { status: 302, headers: { Location: url, Expires: expires } });
  });
  const download = async (request: Request): Promise<Response> => {
    const open = downloads.get(request.req.param('token') ?? '');
    if (open === undefined || open.expires < performance.now()) {
      throw new Refusal(404, 'This download is not open, or no longer. Ask for the archive again.');
    }
    const { checkpoint } = open;
    const archive = await archiveOf(checkpoint, context);
    return new Response(Readable.toWeb(archive) as ReadableStream<Uint8Array<ArrayBuffer>>, {
      headers: {
        'Content-Type': 'application/gzip',
        'Content-Disposition': `attachment; filename="${checkpoint.name}.tar.gz"`,
      },
    });
  };
  page.get(`${DOWNLOADS}:token`, (request) => download(request));
}

function checkpointBody(checkpoint: Checkpoint): Record<string, unknown> {
  const { kind, record } = checkpoint;
  return {
    checkpoint_id: idOf(checkpoint),
    checkpoint_type: kind === 'weights' ? 'training' : 'sampler',
    time: record.created,
    tinker_path: pathOf(checkpoint),
    size_bytes: record.bytes,
    public: false,
    user_metadata: record.metadata,
    expires_at: record.expires,
  };
}

function paged<T>(all: readonly T[], request: Request): { items: T[]; cursor: Record<string, number> } {
  const limit = queryNumber(request, 'limit', PAGE);
  const offset = queryNumber(request, 'offset', 0);
  return { items: all.slice(offset, offset + limit), cursor: { offset, limit, total_count: all.length } };
}
