import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { remains, shortConfig } from '../../loop/loop.contract.ts';
import { evolve, resume } from '../../loop/evolve.ts';
import { openRun } from '../../store/sqlite.ts';
import { diskUse } from '../../files/folder-size.ts';
import type { Io } from '../io.ts';
import { bytes } from '../render/format.ts';
import { plainPalette } from '../render/palette.ts';
import { run as runs, type RunsFlags } from './runs.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-cleanup-'));
const runsDir = join(root, 'runs');
const dir = join(runsDir, 'first');
let out = '';
const io: Io = {
  out: (text) => (out += text),
  err: (text) => (out += text),
  terminal: false,
  live: false,
  palette: plainPalette,
  program: 'rzero',
  runsDir,
  columns: () => 80,
  now: () => 0,
};
const config = (iterations: number) =>
  shortConfig(join(root, 'base'), { iterations, filter: { minQuestions: 1, minAgreement: 0, maxAgreement: 1 } });
const call = (flags: RunsFlags, text?: string): Promise<number> => runs({ runsDir, ...flags }, io, text);
const weights = (): string[] => readdirSync(join(dir, 'weights')).toSorted();

beforeAll(async () => {
  await writeArithmeticBase(join(root, 'base'));
  await evolve({ config: config(2), runDir: dir }).result;
  await evolve({ config: config(1), runDir: join(runsDir, 'second') }).result;
}, 120_000);
beforeEach(() => (out = ''));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('runs', () => {
  it('lists the runs that meet the conditions', async () => {
    await call({ json: true }, 'first');
    expect((JSON.parse(out) as { id: string }[]).map(({ id }) => id)).toEqual(['first']);
    out = '';
    await call({ state: 'running' });
    expect(out).toBe(`None of the 2 runs in ${runsDir} meets these conditions.\n`);
  });

  it('--prune needs --yes without a terminal, and deletes nothing before', async () => {
    const before = weights();
    await expect(call({ prune: true })).rejects.toThrow(/earlier iterations of 1 run .*\nPass --yes/s);
    expect(weights()).toEqual(before);
  });

  it(
    '--prune keeps best/ and the last weights, says how much it freed, and the run can go on',
    { timeout: 120_000 },
    async () => {
      const [before, used] = [weights(), diskUse(dir)];
      expect(await call({ prune: true, dryRun: true })).toBe(0);
      expect(out).toMatch(/^Would delete weights of earlier iterations of 1 run \([\d.]+ [kM]B\)\.\n$/);
      expect(weights()).toEqual(before);
      out = '';
      expect(await call({ prune: true, yes: true })).toBe(0);
      expect(out).toBe(
        `first  freed, ${bytes(used - diskUse(dir))}; the run still uses ${bytes(diskUse(dir))}\n` +
          `${bytes(used - diskUse(dir))} freed.\n`,
      );
      expect(used - diskUse(dir)).toBeGreaterThan(100_000);
      expect(weights()).toEqual(['challenger-2-step-1', 'solver-2-step-3']);
      expect(existsSync(join(dir, 'best', 'model.safetensors'))).toBe(true);
      out = '';
      await call({ prune: 'first', yes: true });
      expect(out).toBe('0 B freed.\n');

      await resume(dir, { iterations: 3 }).result;
      const whole = join(root, 'whole');
      await evolve({ config: config(3), runDir: whole }).result;
      const [pruned, expected] = [dir, whole].map((one) => {
        const store = openRun(one, { readOnly: true });
        const { files: _, summary, ...rest } = remains(store);
        store.close();
        return { ...rest, summary: { ...Object(summary), runId: '' } };
      });
      expect(pruned).toEqual(expected);
      const best = (one: string): Buffer => readFileSync(join(one, 'best', 'model.safetensors'));
      expect(best(dir).equals(best(whole))).toBe(true);
    },
  );

  it('--delete needs --yes, names a run that does not exist, and leaves a running one', async () => {
    await expect(call({ delete: ['second'] })).rejects.toThrow(/Delete 1 run \(second; .*\nPass --yes/s);
    await expect(call({ delete: ['secnod'], yes: true })).rejects.toThrow(/The most similar in .*: second\./);
    const store = openRun(join(runsDir, 'second'));
    await expect(call({ delete: ['first', 'second'], yes: true })).rejects.toThrow(
      'The run second is running. Nothing was deleted.',
    );
    store.close();
    expect(readdirSync(runsDir).toSorted()).toEqual(['first', 'second']);
    expect(await call({ delete: ['second'], dryRun: true, json: true })).toBe(0);
    const used = diskUse(join(runsDir, 'second'));
    expect(JSON.parse(out)).toEqual({ wouldFree: [{ id: 'second', bytes: used }], bytes: used });
    expect(readdirSync(runsDir).toSorted()).toEqual(['first', 'second']);
    out = '';
    expect(await call({ delete: ['second'], yes: true })).toBe(0);
    expect(out).toBe(`second  deleted, ${bytes(used)}\n${bytes(used)} freed.\n`);
    expect(readdirSync(runsDir)).toEqual(['first']);
  });
});
