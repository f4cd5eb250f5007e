import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { openRun } from './sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-crash-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const script = fileURLToPath(new URL('crash.contract.ts', import.meta.url));
const lastCommit = (output: string): number =>
  Number(
    output
      .match(/committed \d+(?=\n)/g)
      ?.at(-1)
      ?.split(' ')[1] ?? 0,
  );

/** Checks that everything reported as committed is stored, and that the run accepts another commit. */
function expectWhole(dir: string, reported: number): void {
  const store = openRun(dir);
  const { step } = store.cursor();
  expect(step).toBeGreaterThanOrEqual(reported);
  expect(step).toBeLessThanOrEqual(reported + 1);
  expect(store.questions({ iteration: 1, origin: 'pool' }).map((question) => question.step)).toEqual(
    Array.from({ length: step }, (_, i) => i + 1),
  );
  store.commit({ cursor: { iteration: 1, stage: 'vote', step: 0 } });
  store.close();
}

it(
  'kill -9 during a commit loses no committed data, and the lock it leaves does not block the next process',
  { timeout: 240_000 },
  async () => {
    const dir = join(root, 'killed');
    const child = spawn(process.execPath, ['--import', 'tsx', script, dir, '3000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (lastCommit(output) >= 20) child.kill('SIGKILL');
    });
    await new Promise((done) => child.on('close', done));
    expect(child.signalCode).toBe('SIGKILL');
    expect(existsSync(join(dir, 'lock'))).toBe(true);
    expectWhole(dir, lastCommit(output));
  },
);

it('a limit on the file size stops the run with advice, and all committed data is kept', { timeout: 240_000 }, () => {
  const dir = join(root, 'limited');
  const command = 'ulimit -f 4096; exec "$0" --import tsx "$1" "$2" 40000';
  const { stdout, status } = spawnSync('sh', ['-c', command, process.execPath, script, dir], { encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout).toMatch(/failed: The disk is full/);
  expect(stdout).toContain('rzero resume limited');
  expect(lastCommit(stdout)).toBeGreaterThan(5);
  expectWhole(dir, lastCommit(stdout));
});
