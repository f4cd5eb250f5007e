import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { COMMIT, playHub, sha256, type HubServer } from '../../../test/fixtures/hub-server.ts';
import { ModelLoadError, StoreError } from '../../errors.ts';
import { loadCheckpoint } from '../checkpoint.ts';
import type { HubOptions, HubProgress } from './hub.ts';
import { placeOfModel } from '../adapters/adapter-base.ts';
import { checkpointFiles } from '../checkpoint-files.ts';
import { downloadedModel, isOnHub, obtainModel } from './obtain-model.ts';
import { loadTokenizer } from '../tokenizer/tokenizer.ts';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/models/decoders/', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'rzero-obtain-'));
const original = join(root, 'qwen3');
let weights: Buffer;
let hub: HubServer;
let homes = 0;
let options: HubOptions & { env: Record<string, string> };

beforeAll(async () => {
  for (const name of ['qwen3', 'qwen2']) await cp(join(FIXTURES, name), join(root, name), { recursive: true });
  weights = readFileSync(join(original, 'model.safetensors'));
  mkdirSync(join(root, 'other'));
  writeFileSync(join(root, 'other', 'config.json'), JSON.stringify({ architectures: ['Gemma3ForCausalLM'] }));
  writeFileSync(join(root, 'other', 'model.safetensors'), weights);
  mkdirSync(join(root, 'old'));
  for (const name of ['config.json', 'tokenizer.json']) await cp(join(original, name), join(root, 'old', name));
  writeFileSync(join(root, 'old', 'pytorch_model.bin'), 'pickled');
});
beforeEach(async () => {
  const names = { 'owner/tiny': 'qwen3', 'owner/shards': 'qwen2', 'owner/other': 'other', 'owner/old': 'old' };
  hub = await playHub(Object.fromEntries(Object.entries(names).map(([id, name]) => [id, join(root, name)])));
  options = { env: { HF_ENDPOINT: hub.endpoint, HF_HOME: join(root, `home-${++homes}`) }, pause: 1 };
});
afterEach(() => hub.close());
afterAll(() => rmSync(root, { recursive: true, force: true }));

const blobs = (): string => join(options.env.HF_HOME, 'hub', 'models--owner--tiny', 'blobs');
const incomplete = (): string[] => readdirSync(blobs()).filter((name) => name.endsWith('.incomplete'));
const weightRequests = (): HubServer['stored'] => hub.stored.filter(({ file }) => file === 'model.safetensors');

describe('a model on the hub', () => {
  it('is downloaded into the cache of Hugging Face’s tools, and loads', async () => {
    const reports: HubProgress[] = [];
    const folder = await obtainModel('owner/tiny', { ...options, onProgress: (report) => reports.push(report) });
    const place = join(options.env.HF_HOME, 'hub', 'models--owner--tiny');
    expect(folder).toBe(join(place, 'snapshots', COMMIT));
    expect(readFileSync(join(place, 'refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(lstatSync(join(folder, 'model.safetensors')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(blobs(), sha256(weights))).equals(weights)).toBe(true);
    // Files that a checkpoint does not need are not downloaded.
    expect(readdirSync(folder).toSorted()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(await loadCheckpoint(folder)).toEqual(await loadCheckpoint(original));
    expect((await loadTokenizer(folder)).eosIds).toEqual([95, 96]);
    const total = readdirSync(folder).reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0);
    expect(reports.at(-1)).toMatchObject({ file: 'model.safetensors', done: total, total });
  });

  it('in shards is downloaded completely', async () => {
    const folder = await obtainModel('owner/shards', options);
    expect(await loadCheckpoint(folder)).toEqual(await loadCheckpoint(join(root, 'qwen2')));
  });

  it('is found offline on the second start', async () => {
    expect(await downloadedModel('owner/tiny', options.env)).toBeNull();
    const folder = await obtainModel('owner/tiny', options);
    const before = hub.asked.length;
    expect(await obtainModel('owner/tiny', options)).toBe(folder);
    expect(hub.asked.length).toBe(before);
    await hub.close();
    expect(await obtainModel('owner/tiny', options)).toBe(folder);
    expect(await downloadedModel('owner/tiny', options.env)).toBe(folder);
  });

  it('sends the token to the hub, but not to the storage server', async () => {
    await obtainModel('owner/tiny', { ...options, env: { ...options.env, HF_TOKEN: 'hf_secret' } });
    expect(new Set(hub.asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hf_secret']));
    expect(new Set(hub.stored.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));
  });
});

describe('an interrupted download', () => {
  it('continues where it was cut, any number of times', async () => {
    hub.cuts = Array.from({ length: 7 }, () => 5000);
    const folder = await obtainModel('owner/tiny', options);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    const starts = weightRequests().map(({ range }) => Number(range?.slice('bytes='.length, -1) ?? 0));
    expect(starts).toHaveLength(8);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    // A download that restarted each time would not survive seven cuts.
    expect(starts[7]).toBeGreaterThan(weights.length / 4);
    expect(incomplete()).toEqual([]);
  });

  it('counts only consecutive failures', async () => {
    // Four attempts are allowed; every third one makes progress.
    hub.cuts = [5000, 0, 0, 5000, 0, 0, 5000, 0, 0];
    const folder = await obtainModel('owner/tiny', options);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(weightRequests()).toHaveLength(10);
  });

  it('without progress is reported, and the next start continues from the received bytes', async () => {
    hub.cuts = [20_000, 0, 0, 0, 0];
    const failed = obtainModel('owner/tiny', options);
    await expect(failed).rejects.toBeInstanceOf(ModelLoadError);
    await expect(failed).rejects.toThrow(/owner\/tiny could not be fetched[^]*Check the network/);
    const [part] = incomplete();
    const arrived = statSync(join(blobs(), part)).size;
    expect(arrived).toBeGreaterThan(0);
    hub.cuts = [];
    const before = hub.stored.length;
    const folder = await obtainModel('owner/tiny', options);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(hub.stored.slice(before)).toMatchObject([
      { file: 'model.safetensors', range: `bytes=${arrived}-`, sent: weights.length - arrived },
    ]);
  });

  it('of a process that has ended is taken over; that of a live one is left alone', async () => {
    mkdirSync(blobs(), { recursive: true });
    const part = (pid: number, length: number): void =>
      writeFileSync(join(blobs(), `${sha256(weights)}.${pid}-1.incomplete`), weights.subarray(0, length));
    part(2 ** 22 + 1, 9000);
    part(2 ** 22 + 2, 11_000);
    part(process.ppid, 13_000);
    await obtainModel('owner/tiny', options);
    expect(weightRequests()).toMatchObject([{ range: 'bytes=11000-' }]);
    expect(incomplete()).toEqual([`${sha256(weights)}.${process.ppid}-1.incomplete`]);
  });

  it('that is damaged, or longer than the file, restarts', async () => {
    mkdirSync(blobs(), { recursive: true });
    const part = join(blobs(), `${sha256(weights)}.${2 ** 22 + 1}-1.incomplete`);
    for (const content of [Buffer.alloc(9000, 1), Buffer.concat([weights, Buffer.alloc(10)])]) {
      writeFileSync(part, content);
      const folder = await obtainModel('owner/tiny', options);
      expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
      expect(incomplete()).toEqual([]);
      rmSync(join(options.env.HF_HOME, 'hub', 'models--owner--tiny', 'snapshots'), { recursive: true });
      rmSync(join(blobs(), sha256(weights)));
    }
  });

  it('restarts if the storage server does not support ranges', async () => {
    hub.ignoresRanges = true;
    hub.cuts = [15_000];
    const folder = await obtainModel('owner/tiny', options);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(weightRequests().map(({ sent }) => sent)).toEqual([15_000, weights.length]);
  });

  it('can be stopped, and is kept', async () => {
    const stop = new AbortController();
    hub.cuts = [10_000];
    const waiting = obtainModel('owner/tiny', { ...options, pause: 60_000, signal: stop.signal });
    const outcome = waiting.catch((error: unknown) => error);
    const partOfWeights = (): string | undefined =>
      existsSync(blobs()) ? incomplete().find((name) => name.startsWith(sha256(weights))) : undefined;
    await vi.waitUntil(
      () => {
        const part = partOfWeights();
        return part !== undefined && statSync(join(blobs(), part)).size > 0;
      },
      { timeout: 10_000 },
    );
    stop.abort();
    expect(String(await outcome)).toMatch(/the download was stopped[^]*the received bytes are kept/);
    const arrived = statSync(join(blobs(), partOfWeights() ?? '')).size;
    await obtainModel('owner/tiny', options);
    expect(weightRequests().at(-1)?.range).toBe(`bytes=${arrived}-`);
  });

  it('that the disk rejects is reported, and not retried', async () => {
    writeFileSync(join(root, 'a-file'), '');
    const refused = obtainModel('owner/tiny', { ...options, env: { ...options.env, HF_HOME: join(root, 'a-file') } });
    await expect(refused).rejects.toBeInstanceOf(StoreError);
    expect(hub.stored).toEqual([]);
  });
});

describe('an unusable model is rejected', () => {
  it('by its config, before its weights are downloaded', async () => {
    await expect(obtainModel('owner/other', options)).rejects.toThrow(/Gemma3ForCausalLM[^]*Qwen3ForCausalLM/);
    expect(hub.stored.map(({ file }) => file)).toEqual(['config.json']);
  });

  it('if it has no safetensors', async () => {
    await expect(obtainModel('owner/old', options)).rejects.toThrow(/owner\/old has no model\.safetensors/);
  });

  it('if there is neither a folder nor a model of this name', async () => {
    const missing = obtainModel('models/arith-bass', options);
    await expect(missing).rejects.toThrow(
      /There is no folder models\/arith-bass here\. .*models\/arith-bass has no revision main, or does not exist/,
    );
    await expect(missing).rejects.toBeInstanceOf(ModelLoadError);
  });
});

describe('a folder', () => {
  it('takes precedence over the hub, and paths that cannot be names stay paths', async () => {
    expect(isOnHub('owner/tiny')).toBe(true);
    expect(isOnHub('models/arith-base')).toBe(false);
    expect(isOnHub('./owner/tiny')).toBe(false);
    expect(await obtainModel(original, options)).toBe(original);
    expect(await obtainModel('./nowhere', options)).toBe(join(process.cwd(), 'nowhere'));
    expect(hub.asked).toEqual([]);
  });
});

it('chooses only the files of one checkpoint in a repository', () => {
  const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const index = 'model.safetensors.index.json';
  const rest = ['README.md', 'original/consolidated.00.pth', 'onnx/model.onnx', 'adapter_model.safetensors'];
  expect(checkpointFiles(['config.json', ...rest, ...shards, index])).toEqual(['config.json', ...shards, index]);
  expect(checkpointFiles([...shards, index, 'model.safetensors'])).toEqual(['model.safetensors']);
});

describe('an adapter', () => {
  const adapter = join(root, 'lora');
  beforeAll(async () => {
    await cp(fileURLToPath(new URL('../../../test/fixtures/models/adapters/qwen3-all', import.meta.url)), adapter, {
      recursive: true,
    });
    const path = join(adapter, 'adapter_config.json');
    const settings = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...settings, base_model_name_or_path: 'owner/tiny' }));
  });

  it('in a folder comes with its base from the hub', async () => {
    expect(await obtainModel(adapter, options, 'texts')).toBe(adapter);
    expect(weightRequests()).toEqual([]);
    expect(await obtainModel(adapter, options)).toBe(adapter);
    expect(weightRequests()).toHaveLength(1);
    const { base } = await placeOfModel(adapter, options.env);
    expect(await loadCheckpoint(base)).toEqual(await loadCheckpoint(original));
    await hub.close();
    expect(await obtainModel(adapter, options)).toBe(adapter);
  });

  it('on the hub is downloaded with its base', async () => {
    await hub.close();
    hub = await playHub({ 'owner/tiny': original, 'owner/lora': adapter });
    options.env.HF_ENDPOINT = hub.endpoint;
    const folder = await obtainModel('owner/lora', options);
    expect(readdirSync(folder).toSorted()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    expect(weightRequests()).toHaveLength(1);
    expect(await downloadedModel('owner/lora', options.env)).toBe(folder);
  });

  it('whose base is not on the hub is reported with the base’s name', async () => {
    await hub.close();
    hub = await playHub({ 'owner/other': join(root, 'other') });
    options.env.HF_ENDPOINT = hub.endpoint;
    await expect(obtainModel(adapter, options)).rejects.toThrow(/lora is an adapter over owner\/tiny\. /);
  });
});
