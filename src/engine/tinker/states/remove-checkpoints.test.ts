import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolveConfig } from '../../../config/load.ts';
import type { TinkerConfig } from '../kind.ts';
import { listRecords, type SavedState, stateOf, writeRecord } from './record.ts';
import { checkpointsOf, removeCheckpoints } from './remove-checkpoints.ts';

let home: string;
let server: Server;
let url: string;
/** Status of the answer to a deletion. */
let answer: number;
let deleted: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'rzero-remove-'));
  deleted = [];
  server = createServer(({ method, url: path = '' }, response) => {
    if (method === 'DELETE') deleted.push(path);
    response.writeHead(method === 'DELETE' ? answer : 200, { 'content-type': 'application/json' });
    response.end(method === 'DELETE' && answer >= 400 ? '{"detail": "no such thing"}' : '{}');
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  const at = server.address();
  url = `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`;
});
afterEach(async () => {
  await new Promise((closed) => void server.close(closed));
  await rm(home, { recursive: true, force: true });
});

function configOf(engine: Partial<TinkerConfig> = {}): TinkerConfig {
  const config = resolveConfig({ flags: { engine: { kind: 'tinker', url, ...engine } } }).engine;
  return config.kind === 'tinker' ? config : expect.fail();
}

function keep(name: string, saved: Partial<SavedState> = {}): ReturnType<typeof stateOf> {
  const ref = stateOf({ home, name });
  const path = `tinker://run/weights/${name}`;
  const state = { url, purpose: 'solver', path, samplerPath: `tinker://run/sampler_weights/${name}` } as const;
  const facts = { base: 'b', folder: 'f', adapter: null, trainUnembed: false, version: 1 };
  const pending = { url, purpose: 'solver', path: `tinker://run/weights/${name}-2` } as const;
  writeRecord(ref, { saved: { ...state, ...facts, ...saved }, pending });
  return ref;
}

it('deletes everything that a record names, and then the record', async () => {
  answer = 204;
  const refs = [keep('one'), keep('two', { samplerPath: null })];
  expect(await removeCheckpoints(configOf(), refs)).toEqual({ removed: 5, remaining: [] });
  expect(deleted.map((path) => path.replace(/^.*checkpoints\//, ''))).toEqual([
    'weights/one',
    'sampler_weights/one',
    'weights/one-2',
    'weights/two',
    'weights/two-2',
  ]);
  expect(await listRecords(home)).toEqual([]);
});

it('names what the service does not know, and forgets it', async () => {
  answer = 404;
  const { removed, remaining } = await removeCheckpoints(configOf(), [keep('one')]);
  expect(removed).toBe(0);
  expect(remaining.map(({ path }) => path)).toEqual((await checkpointsOf(keep('one'))).map(({ path }) => path));
  expect(new Set(remaining.map(({ reason }) => reason))).toEqual(
    new Set(['the service does not know it, or cannot delete']),
  );
});

it.each([
  ['refuses', 403, 'The service could not delete it: '],
  ['does not implement it', 501, 'The service could not delete it: '],
])('keeps the record of a state if the service %s', async (_, status, reason) => {
  answer = status;
  const { removed, remaining } = await removeCheckpoints(configOf(), [keep('one')]);
  expect(removed).toBe(0);
  expect(remaining).toHaveLength(3);
  for (const one of remaining) expect(one).toMatchObject({ service: url, reason: expect.stringContaining(reason) });
  expect((await listRecords(home)).map(({ id }) => id)).toEqual(['one']);
});

it('goes to the service that a purpose has now, if the old one is none of the run any more', async () => {
  answer = 204;
  const moved = keep('one', { url: 'http://127.0.0.1:9', samplerPath: null });
  expect(await removeCheckpoints(configOf({ url: 'http://127.0.0.1:8', solverUrl: url }), [moved])).toEqual({
    removed: 2,
    remaining: [],
  });
});
