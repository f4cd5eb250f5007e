import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeRandomCheckpoint } from '../../../test/fixtures/random-checkpoint.ts';
import { readDomainRecord, writeDomainRecord } from '../../models/domain-record.ts';
import type { Io } from '../io.ts';
import { plainPalette } from '../render/palette.ts';
import { configFor, findSubject } from '../settings.ts';
import { run } from './export.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-export-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const io: Io = {
  out: () => {},
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
