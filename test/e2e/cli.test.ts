/** The program on the local engine: forecasts, JSON lines, Ctrl-C and exit codes. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openRun } from '../../src/store/sqlite.ts';
import { atEvent, eventsOf, lastLine, ROOT, rzero } from '../fixtures/program.ts';
import { onlyRun, setFlags, SHORT_RUN } from '../fixtures/short-run.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-program-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SHORTEST = setFlags({
  ...SHORT_RUN,
  iterations: 1,
  challenger: { ...SHORT_RUN.challenger, steps: 1 },
  solver: { ...SHORT_RUN.solver, steps: 2 },
});

describe('--dry-run', () => {
  it('prints the config and the forecast, and trains nothing', { timeout: 120_000 }, async () => {
    const runsDir = join(root, 'dry');
    const [text, json] = await Promise.all([
      rzero(['evolve', '--dry-run', '--runs-dir', runsDir, '--scale', 'tiny'], { cwd: ROOT }),
      rzero(['evolve', '--dry-run', '--runs-dir', runsDir, '--json', '--set=solver.steps=7'], { cwd: ROOT }),
    ]);
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.out).toContain('scale = "tiny"');
    expect(text.out).toMatch(/Forecast for .*\n.*Nothing was trained\./);
    expect(JSON.parse(json.out)).toMatchObject({ config: { solver: { steps: 7 } } });
    expect(existsSync(runsDir)).toBe(false);
  });

  it('rejects a run that does not fit in memory, as the run itself does', { timeout: 120_000 }, async () => {
    const runsDir = join(root, 'large');
    const large = ['--set=engine.microBatchTokens=1000000000', '--set=engine.recompute=off', '--runs-dir', runsDir];
    const ended = await Promise.all([
      rzero(['evolve', '--dry-run', ...large], { cwd: ROOT }),
      rzero(['evolve', ...large], { cwd: ROOT }),
    ]);
    for (const { code, err } of ended) {
      expect(code).toBe(1);
      expect(err).toMatch(/needs about .* of memory, and this machine has .* GB\. The parts: .*activations/);
      expect(err).toContain('It fits with --set ');
    }
    expect(ended[0].out).toContain('activations');
    expect(existsSync(runsDir)).toBe(false);
  });
});

describe('--json', () => {
  it('prints only events, one per line, and exits with 0', { timeout: 120_000 }, async () => {
    const ended = await rzero(['evolve', ...SHORTEST, '--runs-dir', join(root, 'json'), '--json'], { cwd: ROOT });
    expect(ended).toMatchObject({ code: 0, err: '' });
    const events = eventsOf(ended);
    expect(events[0].type).toBe('run-start');
    expect(events.at(-1)).toMatchObject({ type: 'run-end', summary: { outcome: 'finished' } });
    const stages = events.flatMap((event) => (event.type === 'stage-end' ? [event.stage] : []));
    expect(stages).toEqual(['baseline', 'train-challenger', 'propose', 'vote', 'filter', 'train-solver', 'evaluate']);
  });
});

describe('Ctrl-C', () => {
  it('stops within the step, and prints how to continue', { timeout: 120_000 }, async () => {
    const runsDir = join(root, 'stopped');
    // Without --json, as on a terminal. The stage before is the baseline.
    let pressed = false;
    const stopped = await rzero(['evolve', ...SHORTEST, '--runs-dir', runsDir], {
      cwd: ROOT,
      onLine: (line, program) => {
        if (pressed || !line.includes('stage 1 of 6')) return;
        pressed = true;
        program.kill('SIGINT');
      },
    });
    expect(stopped).toMatchObject({ code: 130, signal: null, err: '' });
    expect(stopped.out).toContain('stopping; press Ctrl-C again');
    const dir = onlyRun(runsDir);
    expect(stopped.out.slice(stopped.out.indexOf('stopping;'))).toMatch(/rzero resume \S+/);
    const store = openRun(dir, { readOnly: true });
    const reached = store.cursor();
    expect(store.summary()).toBeNull();
    store.close();
    expect(reached.iteration).toBe(1);

    const resumed = await rzero(['resume', dir, '--json'], { cwd: ROOT });
    expect(resumed).toMatchObject({ code: 0, err: '' });
    expect(eventsOf(resumed)[0]).toMatchObject({ type: 'run-start', resumedFrom: reached });
    expect(eventsOf(resumed).at(-1)).toMatchObject({ type: 'run-end', summary: { outcome: 'finished' } });
  });

  it('keeps notes apart from events with --json', { timeout: 120_000 }, async () => {
    const stopped = await rzero(['evolve', ...SHORTEST, '--runs-dir', join(root, 'quiet'), '--json'], {
      cwd: ROOT,
      onLine: atEvent('SIGTERM', (event) => event.type === 'stage-start'),
    });
    expect(stopped.code).toBe(143);
    expect(eventsOf(stopped).at(-1)).toMatchObject({ type: 'run-end', summary: { outcome: 'stopped' } });
    expect(stopped.err).toMatch(/^stopping; .*\nto continue: (?:npx )?rzero resume \S+$/m);
  });
});

describe('exit codes', () => {
  it('are 2 for invalid usage and 1 for missing runs, each with advice', { timeout: 120_000 }, async () => {
    const none = join(root, 'none');
    const [flag, key, missing, locked] = await Promise.all([
      rzero(['evolve', '--iterations', '0'], { cwd: ROOT }),
      rzero(['evolve', '--set', 'solver.learningrate=1'], { cwd: ROOT }),
      rzero(['resume', '--runs-dir', none], { cwd: ROOT }),
      rzero(['show', 'no-such-run', '--runs-dir', none], { cwd: ROOT }),
    ]);
    expect([flag, key, missing, locked].map(({ code }) => code)).toEqual([2, 2, 1, 1]);
    expect(flag.err).toContain('whole number of at least 1');
    expect(key.err).toContain('the nearest is solver.learningRate');
    expect(lastLine(missing.err)).toContain('rzero evolve');
    expect(lastLine(locked.err)).toContain('rzero evolve');
  });
});
