/** Signals to the program: what each of them does, on every command that works for long. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/events.ts';
import { readEvents } from '../../src/store/events/event-log.ts';
import { openRun } from '../../src/store/sqlite.ts';
import type { Session } from '../../src/store/store.ts';
import { atEvent, type Ended, eventsOf, FROM_SOURCES, type ProgramOptions, rzero } from '../fixtures/program.ts';
import { writeArithmeticBase } from '../fixtures/scripted/arithmetic-base.ts';
import { onlyRun } from '../fixtures/short-run.ts';

const ENGINE = fileURLToPath(new URL('../engines/waiting/index.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'rzero-signals-'));
const model = join(root, 'model');
beforeAll(() => writeArithmeticBase(model));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const engineFlags = (mode = 'obey'): string[] => [
  '--set=engine.kind=module',
  `--set=engine.path=${JSON.stringify(ENGINE)}`,
  `--set=engine.options.mode=${mode}`,
];
const isProgress = (event: RunEvent): boolean => event.type === 'progress';
const evolve = (runsDir: string, mode?: string): string[] => [
  'evolve',
  '--json',
  '--scale=tiny',
  `--model=${model}`,
  `--runs-dir=${runsDir}`,
  ...engineFlags(mode),
];

/** Returns the sessions of the only run, and checks that its lock is gone and that it can be continued. */
function sessionsIn(runsDir: string): Session[] {
  const dir = onlyRun(runsDir);
  expect(existsSync(join(dir, 'lock'))).toBe(false);
  const store = openRun(dir, { readOnly: true });
  try {
    expect(store.cursor()).toEqual({ iteration: 0, stage: 'baseline', step: 0 });
    return store.sessions();
  } finally {
    store.close();
  }
}

describe('a signal within a step', () => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGXCPU'] as const;

  it('stops the run with its own exit code, and says how to continue', { timeout: 120_000 }, async () => {
    const started = signals.map((signal) => rzero(evolve(join(root, signal)), { onLine: atEvent(signal, isProgress) }));
    for (const [at, ended] of (await Promise.all(started)).entries()) {
      const { code, err } = ended;
      const runsDir = join(root, signals[at]);
      expect([signals[at], code]).toEqual([signals[at], 128 + constants.signals[signals[at]]]);
      expect(err).toMatch(/^stopping; press Ctrl-C again to exit at once\nto continue: (npx )?rzero resume \S+\n$/);
      expect(err).toContain(onlyRun(runsDir));
      expect(eventsOf(ended).at(-1)).toMatchObject({ type: 'run-end', summary: { outcome: 'stopped' } });
      expect(sessionsIn(runsDir)).toMatchObject([{ number: 1, end: { outcome: 'stopped', reason: '' } }]);
    }
  });

  it('ends the process at once if it is the second one, or SIGQUIT', { timeout: 120_000 }, async () => {
    const [twice, quit] = await Promise.all([
      rzero(evolve(join(root, 'twice'), 'deaf'), {
        onLine: (line, program) => {
          if (!line.includes('"progress"')) return;
          program.kill('SIGINT');
          // Later than the copy of a signal that npm may send.
          setTimeout(() => program.kill('SIGINT'), 600);
        },
      }),
      rzero(evolve(join(root, 'quit'), 'deaf'), { onLine: atEvent('SIGQUIT', isProgress) }),
    ]);
    expect([twice.code, quit.code]).toEqual([130, 131]);
    for (const [name, ended] of Object.entries({ twice, quit })) {
      expect(ended.err).toMatch(/to continue: (npx )?rzero resume \S+\n$/);
      const reason = `The process exited with code ${ended.code} during the run.`;
      expect(sessionsIn(join(root, name))).toMatchObject([{ end: { outcome: 'stopped', reason } }]);
      const { events } = readEvents(onlyRun(join(root, name)));
      expect(events.at(-1)).toMatchObject({ type: 'run-failed', message: reason });
    }
  });
});

describe('other commands', () => {
  it(
    'end at a signal too, with its exit code, and say how to continue what is kept',
    { timeout: 120_000 },
    async () => {
      const plan = join(root, 'plan.toml');
      const engine = `{ kind = "module", path = ${JSON.stringify(ENGINE)}, options = { mode = "announce" } }`;
      writeFileSync(
        plan,
        `seeds = [1]\n[config]\nscale = "tiny"\nmodel = ${JSON.stringify(model)}\nengine = ${engine}\n[[variants]]\nname = "one"\n`,
      );
      const data = join(root, 'data.jsonl');
      writeFileSync(data, '{"q":"Compute 1 + 2.","a":"3"}\n'.repeat(3));
      const own = ['--model', model, ...engineFlags('announce')];
      const keeping = [
        ['ablate', plan, '--runs-dir', join(root, 'ablation')],
        ['eval', '--task', data, '--question', 'q', '--answer', 'a', '--out', join(root, 'log'), ...own],
      ];
      const others = [
        ['eval', ...own],
        ['chat', '--ask', 'Compute 1 + 2.', ...own],
      ];
      const ended = await Promise.all([...keeping, ...others].map((command) => terminatedInStep(command)));
      expect(ended.map(({ code }) => code)).toEqual([143, 143, 143, 143]);
      for (const [at, command] of keeping.entries()) {
        expect(ended[at].err).toMatch(/^stopping; press Ctrl-C again to exit at once$/m);
        expect(ended[at].err).toMatch(/To continue: (npx )?rzero /);
        expect(ended[at].err).toContain(`rzero ${command.slice(0, 4).join(' ')}`);
      }
    },
  );
});

/** Runs a command whose engine announces that it samples, and sends SIGTERM then. */
function terminatedInStep(command: readonly string[]): Promise<Ended> {
  const onLine: ProgramOptions['onLine'] = (line, program) => line === 'waiting' && program.kill('SIGTERM');
  return rzero(command, { program: FROM_SOURCES, onLine });
}
