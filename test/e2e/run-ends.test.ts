/** Ends of a run without a signal: its reader goes away, an error, the exit of the process within native code. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '../../src/store/events/event-log.ts';
import { openRun } from '../../src/store/sqlite.ts';
import type { Session } from '../../src/store/store.ts';
import { atEvent, lastLine, programFor, ROOT, rzero } from '../fixtures/program.ts';
import { writeArithmeticBase } from '../fixtures/scripted/arithmetic-base.ts';
import { onlyRun } from '../fixtures/short-run.ts';

const ENGINE = fileURLToPath(new URL('../engines/waiting/index.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'rzero-ends-'));
const model = join(root, 'model');
beforeAll(() => writeArithmeticBase(model));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function evolve(name: string, mode: string): string[] {
  const engine = ['--set=engine.kind=module', `--set=engine.path=${JSON.stringify(ENGINE)}`];
  const runs = ['--runs-dir', join(root, name)];
  return ['evolve', '--scale', 'tiny', '--model', model, ...engine, `--set=engine.options.mode=${mode}`, ...runs];
}

function newestSession(dir: string): Session | undefined {
  const store = openRun(dir, { readOnly: true });
  try {
    return store.sessions().at(-1);
  } finally {
    store.close();
  }
}

/** Runs the program in a pipe of a POSIX shell; returns standard error, where the shell adds its exit code. */
function piped(parameters: readonly string[], reader: string): Promise<string> {
  const script = `{ "$@"; echo "code $?" >&2; } | ${reader}`;
  const command = [process.execPath, ...programFor(parameters), ...parameters];
  const child = spawn('sh', ['-c', script, 'sh', ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(err));
  });
}

describe('a reader that goes away', () => {
  it('stops a run, which says how to continue, and ends a short command quietly', { timeout: 120_000 }, async () => {
    const [run, runs] = await Promise.all([
      piped(evolve('piped', 'obey'), 'head -n 1'),
      piped(['runs', '--json', '--runs-dir', root], 'true'),
    ]);
    expect(run).toMatch(
      /^stopping: the reader of the output is gone\nto continue: (npx )?rzero resume \S+\ncode 141\n$/,
    );
    const dir = onlyRun(join(root, 'piped'));
    expect(existsSync(join(dir, 'lock'))).toBe(false);
    expect(newestSession(dir)).toMatchObject({ end: { outcome: 'stopped' } });
    expect(readEvents(dir).events.at(-1)).toMatchObject({ type: 'run-end', summary: { outcome: 'stopped' } });
    expect(runs).toBe('code 141\n');
  });
});

describe('an error in a run', () => {
  it('names the run and the command that continues it, and is recorded', { timeout: 120_000 }, async () => {
    const [known, uncaught, json] = await Promise.all([
      rzero(evolve('known', 'fail')),
      rzero(evolve('uncaught', 'uncaught')),
      rzero([...evolve('json', 'fail'), '--json']),
    ]);
    expect([known.code, uncaught.code]).toEqual([1, 1]);
    expect(known.err).toMatch(/^error The engine broke\.\n/);
    expect(lastLine(known.err)).toBe('Repair it.');
    expect(uncaught.err).toMatch(/^unexpected error Error: a promise without a handler\n/);
    const id = basename(onlyRun(join(root, 'json')));
    expect(JSON.parse(json.err)).toMatchObject({
      type: 'engine/transient',
      message: 'The engine broke.',
      advice: 'Repair it.',
      exitCode: 1,
      run: { id, continue: expect.stringMatching(/^(npx )?rzero resume \S+$/) },
    });
    for (const [name, { err }] of Object.entries({ known, uncaught })) {
      const dir = onlyRun(join(root, name));
      expect(err).toMatch(/^The run \S+ is saved up to its last step\. To continue: (npx )?rzero resume \S+$/m);
      expect(err).toContain(`rzero resume ${dir}\n`);
      expect(existsSync(join(dir, 'lock'))).toBe(false);
      const reason = name === 'known' ? 'The engine broke.\nRepair it.' : 'a promise without a handler';
      expect(newestSession(dir)).toMatchObject({ end: { outcome: 'failed', reason } });
      const code = name === 'known' ? 'engine/transient' : null;
      expect(readEvents(dir).events.at(-1)).toMatchObject({ type: 'run-failed', code, message: reason });
      const listed = await rzero(['runs', '--json', '--runs-dir', join(root, name)]);
      expect(JSON.parse(listed.out)).toMatchObject([{ outcome: 'failed' }]);
    }
  });
});

describe('the exit of the process', () => {
  it('waits for ONNX Runtime instead of aborting', { timeout: 120_000 }, async () => {
    const ended = await Promise.all(
      ['first', 'second'].map((name) =>
        rzero(['evolve', '--scale', 'tiny', '--runs-dir', join(root, name), '--json'], {
          cwd: ROOT,
          onLine: atEvent('SIGQUIT', ({ type }) => type === 'progress'),
        }),
      ),
    );
    for (const { code, signal, err } of ended) {
      expect({ code, signal }).toEqual({ code: 131, signal: null });
      expect(err).toMatch(/^to continue: (npx )?rzero resume \S+\n$/);
    }
  });
});
