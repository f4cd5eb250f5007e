/** What each command prints without a terminal fits into 80 columns. Help texts are measured in src/cli/main.test.ts. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run as ablate } from '../../src/cli/commands/ablate.ts';
import { run as chat } from '../../src/cli/commands/chat.ts';
import { run as doctor } from '../../src/cli/commands/doctor.ts';
import { run as evaluate } from '../../src/cli/commands/eval.ts';
import { run as evolve } from '../../src/cli/commands/evolve.ts';
import { run as finetune } from '../../src/cli/commands/finetune.ts';
import { run as resume } from '../../src/cli/commands/resume.ts';
import { run as runs } from '../../src/cli/commands/runs.ts';
import { run as show } from '../../src/cli/commands/show.ts';
import type { Io } from '../../src/cli/io.ts';
import { run as query } from '../../src/cli/query/query.ts';
import { plainPalette } from '../../src/cli/render/palette.ts';
import { width } from '../../src/cli/render/format.ts';
import { SET_SCRIPTED } from '../engines/scripted/config.ts';
import { TINY } from '../fixtures/documented-commands.ts';
import { ROOT } from '../fixtures/program.ts';
import { writeArithmeticBase } from '../fixtures/scripted/arithmetic-base.ts';
import { setFlags } from '../fixtures/short-run.ts';

const COLUMNS = 80;
const root = mkdtempSync(join(tmpdir(), 'rzero-columns-'));
const runsDir = join(root, 'runs');
const model = join(root, 'base');
const plan = join(ROOT, 'recipes/ablate-arithmetic.toml');
let out = '';
const io: Io = {
  out: (text) => void (out += text),
  err: () => undefined,
  terminal: false,
  live: false,
  palette: plainPalette,
  program: 'npx rzero',
  runsDir,
  columns: () => COLUMNS,
  now: () => performance.now() / 1000,
};

beforeAll(() => writeArithmeticBase(model));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The lines of a command that are too wide; a path that stands alone may be. */
async function wideLines(command: () => Promise<number>): Promise<string[]> {
  out = '';
  await command();
  if (out === '') return ['nothing was printed'];
  return out.split('\n').filter((line) => width(line) > COLUMNS && line.trim().includes(' '));
}

it('keeps the output of every command within 80 columns', { timeout: 240_000 }, async () => {
  const set = [
    ...SET_SCRIPTED.filter((word) => word !== '--set'),
    ...setFlags({ ...TINY, engine: {} }).map((flag) => flag.replace('--set=', '')),
  ];
  const short = { runsDir, model, set };
  const commands: [name: string, run: () => Promise<number>][] = [
    ['evolve', () => evolve({ ...short, iterations: 1 }, io)],
    ['evolve --verbose', () => evolve({ ...short, iterations: 3, verbose: true }, io)],
    ['resume', () => resume({ runsDir, iterations: 4 }, io)],
    ['show', () => show({ runsDir }, io)],
    ['runs', () => runs({ runsDir }, io)],
    ['runs --prune', () => runs({ runsDir, prune: true, dryRun: true }, io)],
    ['query', () => query({ runsDir, rows: 20, timeout: 60 }, io, 'SELECT * FROM questions')],
    ['query --tables', () => query({ runsDir, rows: 20, timeout: 60, tables: true }, io)],
    ['eval', () => evaluate({ runsDir, model: 'latest', questions: 4, samples: 2 }, io)],
    ['chat', () => chat({ runsDir, model: 'latest', role: 'solver', ask: 'Compute 3 + 4.' }, io)],
    ['finetune', () => finetune({ ...short, data: '8', heldOut: 2 }, io)],
    ['evolve --dry-run', () => evolve({ runsDir, dryRun: true }, io)],
    ['ablate --dry-run', () => ablate({ runsDir, dryRun: true }, io, plan)],
    ['doctor', () => doctor({ runsDir }, io)],
  ];
  const wide: string[] = [];
  for (const [name, command] of commands) {
    for (const line of await wideLines(command)) wide.push(`${name}: ${line}`);
  }
  expect(wide).toEqual([]);
});
