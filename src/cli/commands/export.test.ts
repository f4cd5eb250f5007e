import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { receiveUploads } from '../../../test/fixtures/hub-upload-server.ts';
import { copyOldRun } from '../../../test/fixtures/old-runs.ts';
import { writeRandomCheckpoint } from '../../../test/fixtures/random-checkpoint.ts';
import { readDomainRecord, writeDomainRecord } from '../../models/domain-record.ts';
import type { Io } from '../io.ts';
import { plainPalette } from '../render/palette.ts';
import { configFor, findSubject } from '../settings.ts';
import { run } from './export.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-export-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let printed = '';
const io: Io = {
  out: (text) => void (printed += text),
  err: () => {},
  terminal: false,
  live: false,
  palette: plainPalette,
  program: 'rzero',
  runsDir: join(root, 'runs'),
  columns: () => 100,
  now: () => performance.now() / 1000,
};

it('keeps the domain of a model in its folder, so that commands use its prompts', async () => {
  const [model, out] = [join(root, 'model'), join(root, 'out')];
  await writeRandomCheckpoint(model);
  writeDomainRecord(model, 'math');
  expect(await run({ model, out, dtype: 'float32', runsDir: join(root, 'runs') }, io)).toBe(0);
  expect(JSON.parse(readFileSync(join(out, 'rzero.json'), 'utf8'))).toEqual({ domain: 'math' });
  const subject = await findSubject({ model: out, runsDir: join(root, 'runs') }, 'solver', io);
  expect(configFor(subject, {}).domain).toBe('math');
  expect(configFor(subject, { domain: 'arithmetic' }).domain).toBe('arithmetic');
});

it('records no domain that is not known', async () => {
  const [model, out] = [join(root, 'unnamed'), join(root, 'unnamed-out')];
  await writeRandomCheckpoint(model);
  await run({ model, out, dtype: 'float32', runsDir: join(root, 'runs') }, io);
  expect(await readDomainRecord(out)).toBeNull();
});

describe('a run', () => {
  const runsDir = join(root, 'old');
  mkdirSync(runsDir);
  const dir = copyOldRun('finished', runsDir);

  it('is exported in several formats at once, each under its own name', async () => {
    const out = join(root, 'several');
    const flags = { hf: true, gguf: true, data: true, csv: true, tensorboard: true, trackio: true };
    expect(await run({ ...flags, out, dtype: 'float32', runsDir }, io, 'finished')).toBe(0);
    expect(readdirSync(out).toSorted()).toEqual(
      ['-csv', '-data', '-model', '-tensorboard', '-trackio', '.gguf'].map((suffix) => `finished${suffix}`),
    );
    const card = readFileSync(join(out, 'finished-model', 'README.md'), 'utf8');
    expect(card).toContain('chosen by the run without true labels');
    expect(card).not.toContain(root);
    expect(readFileSync(join(out, 'finished-model', 'rzero-config.toml'), 'utf8')).not.toContain(root);
    expect(readFileSync(join(out, 'finished-csv', 'metrics.csv'), 'utf8')).toMatch(/solver\/reward,1,/);
  });

  it('is read and not changed', async () => {
    // SQLite puts its two files next to a database while it is open.
    const content = () =>
      readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/-(?:wal|shm)$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .toSorted()
        .map((path) => [path, readFileSync(path).toString('base64')]);
    const before = content();
    await run({ data: true, out: join(root, 'again'), dtype: 'float32', runsDir }, io, 'finished');
    expect(content()).toEqual(before);
  });

  it('is the newest without a name', async () => {
    const out = join(root, 'newest');
    await run({ csv: true, out, dtype: 'float32', runsDir }, io);
    expect(existsSync(join(out, 'metrics.csv'))).toBe(true);
  });

  it('leaves what is at a target, and then writes nothing at all', async () => {
    const out = join(root, 'taken');
    mkdirSync(join(out, 'finished-csv'), { recursive: true });
    writeFileSync(join(out, 'finished-csv', 'mine.txt'), 'mine');
    const flags = { data: true, csv: true, out, dtype: 'float32', runsDir } as const;
    await expect(run(flags, io, 'finished')).rejects.toThrow(/already exists/);
    await expect(run({ ...flags, overwrite: true }, io, 'finished')).rejects.toThrow(/replaces only those/);
    expect(readdirSync(out)).toEqual(['finished-csv']);
  });

  it('is uploaded with --push, and the token is printed nowhere', async () => {
    const hub = await receiveUploads();
    const kept = { ...process.env };
    Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_TOKEN: hub.token });
    printed = '';
    try {
      const out = join(root, 'pushed');
      await run({ data: true, push: 'me/data', out, dtype: 'float32', runsDir }, io, 'finished');
    } finally {
      process.env = kept;
      await hub.close();
    }
    expect(printed).toContain(`uploaded to ${hub.endpoint}/datasets/me/data`);
    expect(printed).not.toContain(hub.token);
    expect([...(hub.repositories.get('me/data')?.files.keys() ?? [])].toSorted()).toEqual([
      'README.md',
      'attempts.parquet',
      'jsonl/attempts.jsonl',
      'jsonl/questions.jsonl',
      'jsonl/rollouts.jsonl',
      'questions.parquet',
      'rollouts.parquet',
    ]);
  });
});
