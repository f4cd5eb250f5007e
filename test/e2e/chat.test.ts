/** `rzero chat` as a user has it: with the keyboard of a terminal, and with lines from a pipe. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyOldRun } from '../fixtures/old-runs.ts';
import { PROGRAM } from '../fixtures/program.ts';
import { writeArithmeticBase } from '../fixtures/scripted/arithmetic-base.ts';
import { inTerminal } from '../fixtures/pseudo-terminal.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-chat-'));
const BASE = fileURLToPath(new URL('../../models/arith-base', import.meta.url));
const WAITING = fileURLToPath(new URL('../engines/waiting/index.ts', import.meta.url));
let run: string;
beforeAll(async () => {
  run = copyOldRun('finished', root);
  await writeArithmeticBase(join(root, 'scripted'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Talks to the program through a pipe. */
function piped(
  lines: readonly string[],
  ...parameters: string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [...PROGRAM, 'chat', ...parameters], { cwd: root });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.end(`${lines.join('\n')}\n`);
  return new Promise((resolve) => void child.on('close', (code) => resolve({ code, out, err })));
}

describe('a conversation in a terminal', { timeout: 120_000 }, () => {
  it('streams answers, repeats lines with the arrow key, counts votes, and ends with Ctrl-D', async () => {
    const terminal = inTerminal(['chat', BASE, '--temperature', '0'], root);
    await terminal.shown('solver> ');
    terminal.type('Compute 3 + 4.\r');
    await terminal.shown('answer: 7 · truth 7');
    await terminal.shown('solver> ');
    terminal.type('\u001b[A\r');
    await terminal.shown('answer: 7 · truth 7');
    await terminal.shown('solver> ');
    terminal.type('/vo');
    await terminal.shown('/vo');
    terminal.type('\t');
    await terminal.shown('tes');
    terminal.type(' 3\r');
    await terminal.shown('majority 7 · agreement 100 % of 3 · truth 7');
    await terminal.shown('solver> ');
    terminal.type('/history\r');
    await terminal.shown('> Compute 3 + 4.');
    await terminal.shown('Each question is asked alone');
    await terminal.shown('solver> ');
    terminal.type('\u0004');
    expect(await terminal.ended).toBe(0);
  });

  it('stops an answer at Ctrl-C, and leaves at the next one', async () => {
    const engine = ['--set=engine.kind=module', `--set=engine.path=${JSON.stringify(WAITING)}`];
    const terminal = inTerminal(['chat', '--model', 'scripted', ...engine, '--set=engine.options.mode=announce'], root);
    await terminal.shown('solver> ');
    for (let times = 0; times < 2; times++) {
      terminal.type('Compute 3 + 4.\r');
      await terminal.shown('waiting');
      terminal.type('\u0003');
      await terminal.shown('stopped');
      await terminal.shown('solver> ');
    }
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(130);
  });
});

describe('a conversation through a pipe', { timeout: 120_000 }, () => {
  it('turns to other models of the run, goes on after a mistake, and says who speaks', async () => {
    const { code, out, err } = await piped(
      [
        'Compute 1 + 2.',
        '/base',
        'Compute 1 + 2.',
        '/iteration 77',
        '/challenger',
        '',
        '/solver',
        '/nothing',
        '/quit',
        'x',
      ],
      run,
      '--temperature',
      '0',
    );
    expect(code).toBe(0);
    expect(err).toMatch(/^The run \S+ has no Solver of iteration 77\.\nIt has: .*\n$/);
    const said = out.split('\n').filter((line) => / as (solver|challenger)\.$|^There is no|^answer|^no /.test(line));
    expect(said).toEqual([
      expect.stringMatching(/^\S+ \(solver\) as solver\.$/),
      expect.stringMatching(/^answer: \d+ · truth 3$/),
      expect.stringMatching(/^\S+@0 \(base\) as solver\.$/),
      expect.stringMatching(/^(answer: -?\d+|no answer) · truth 3/),
      expect.stringMatching(/@0 \(base\) as challenger\.$/),
      ...said.slice(5, -2),
      expect.stringMatching(/@0 \(base\) as solver\.$/),
      'There is no command /nothing; /help lists all.',
    ]);
  });

  it('of a model that is no run has no iterations', async () => {
    const { code, err } = await piped(['/iteration 1'], BASE);
    expect(code).toBe(0);
    expect(err).toMatch(
      / is a model and no run, so it has no iterations\.\nStart with a run: `rzero chat latest`\.\n$/,
    );
  });
});
