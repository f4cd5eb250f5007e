/** Carries out what the final lines of a run advise: each command that they name, and the remedy for too few questions. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { plainPalette } from '../../src/cli/render/palette.ts';
import { summaryLines } from '../../src/cli/render/summary.ts';
import { startCommand } from '../../src/cli/commands/doctor.ts';
import { resolveConfig } from '../../src/config/load.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import type { RunSummary } from '../../src/events.ts';
import { evolve } from '../../src/index.ts';
import { shortConfig } from '../../src/loop/loop.contract.ts';
import { SET_SCRIPTED } from '../engines/scripted/config.ts';
import { writeArithmeticBase } from '../fixtures/scripted/arithmetic-base.ts';
import { FROM_SOURCES } from '../fixtures/program.ts';
import { commandIn } from './command.ts';
import { succeed } from './perform.ts';

vi.setConfig({ testTimeout: 120_000 });

let root: string;
let runs = 0;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-next-'));
  await writeArithmeticBase(join(root, 'base'));
  await writeArithmeticBase(join(root, 'garbage'), { garbage: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const EVALUATION = { questions: 2, samples: 1, maxTokens: 6 };

async function play(over: ConfigInput, base = 'base', stopAtStep = false): Promise<RunSummary> {
  const config = shortConfig(join(root, base), { iterations: 1, evaluation: EVALUATION, ...over });
  const run = evolve({ config, runDir: join(root, 'runs', `run ${++runs}`) });
  for await (const event of run) if (stopAtStep && event.type === 'step') run.stop();
  return run.result;
}

/** The commands under `Next steps` or `To continue`, each as a line. */
function commandsOf(summary: RunSummary, seed: number): string[] {
  const style = { palette: plainPalette, columns: Infinity, program: 'rzero', runsDir: join(root, 'runs'), seed };
  const lines = summaryLines(summary, style);
  const heading = lines.findIndex((line) => line === 'Next steps:' || line === 'To continue:');
  return lines.slice(heading + 1).flatMap((line) => /^ {2}(\S.*)$/.exec(line)?.[1] ?? []);
}

/** Runs a printed command in the folder where the user is. */
async function carriedOut(line: string): Promise<string> {
  const { out } = await succeed(commandIn(`\`${line}\``), { cwd: root, program: FROM_SOURCES });
  // Sentences are wrapped.
  return out.replaceAll(/\s+/g, ' ');
}

describe('the next steps of a run', () => {
  it('that finished', async () => {
    const summary = await play({});
    expect(summary.outcome).toBe('finished');
    const [show, chat, again] = commandsOf(summary, 7);
    expect(await carriedOut(show)).toContain('run 1');
    expect(await carriedOut(chat)).toContain('as solver');
    expect(again).toMatch(/ --seed 8$/);
    expect(await carriedOut(again)).toContain('seed 8');
  });

  it('that was stopped', async () => {
    const [resume] = commandsOf(await play({}, 'base', true), 3);
    expect(await carriedOut(resume)).toContain('Next steps:');
  });

  it('in which too few questions passed', async () => {
    const summary = await play({}, 'garbage');
    expect(summary.outcome).toBe('too-few-questions');
    const [show, chat] = commandsOf(summary, 3);
    expect(await carriedOut(show)).toContain('too-few-questions');
    expect(await carriedOut(chat)).toContain('as challenger');
  });

  it('that a monitor ended', async () => {
    const summary = await play({ monitors: { action: 'stop', patience: 1, minEntropy: 50 } });
    expect(summary.outcome).toBe('collapsed');
    const [, chat, again] = commandsOf(summary, 3);
    expect(await carriedOut(chat)).toContain('as challenger');
    expect(await carriedOut(again)).toContain('This role is reset to its weights before this iteration.');
  });

  it('that trained on given answers, which has no Challenger', async () => {
    const summary = await play({ finetune: { data: 8 } });
    const lines = commandsOf({ ...summary, outcome: 'too-few-questions' }, 3);
    expect(lines).toEqual([expect.stringContaining('rzero show')]);
  });
});

describe('the remedy for too few questions', () => {
  const filter = { minQuestions: 2, minAgreement: 0.2, maxAgreement: 0.9 };
  const votes = { count: 5, chunk: 6, maxTokens: 6 };

  it.each([
    {
      why: 'the band is too narrow',
      bad: { filter: { ...filter, minAgreement: 0.99, maxAgreement: 1 } },
      advice: /or widen the band \(filter\.minAgreement, filter\.maxAgreement\)\. filter\.tooFew can do either/,
      good: { filter: { ...filter, minAgreement: 0.99, maxAgreement: 1, tooFew: 'widen', widenMin: 0.1 } },
    },
    {
      why: 'the answers are cut off',
      bad: { votes: { ...votes, maxTokens: 2 } },
      advice: /answers to the dropped questions were cut off at the token limit: raise votes\.maxTokens\.$/,
      good: { votes },
    },
    {
      why: 'the questions are cut off',
      bad: { pool: { questions: 16, chunk: 16, maxTokens: 3 } },
      advice: /cut off at the token limit: raise pool\.maxTokens and challenger\.maxTokens\.$/,
      good: { pool: { questions: 16, chunk: 16, maxTokens: 24 } },
    },
    {
      why: 'all contain a forbidden text',
      bad: { filter: { ...filter, forbiddenInQuestion: ['Compute'] } },
      advice: /or shorten filter\.forbiddenInQuestion and filter\.forbiddenInLabel\.$/,
      good: { filter: { ...filter, forbiddenInQuestion: [] } },
    },
  ] satisfies { why: string; bad: ConfigInput; advice: RegExp; good: ConfigInput }[])(
    'helps where $why',
    async ({ bad, advice, good }) => {
      const { outcome, explanation } = await play(bad);
      expect(outcome).toBe('too-few-questions');
      expect(explanation).toMatch(/ For a new run: /);
      expect(explanation).toMatch(advice);
      expect((await play(good)).outcome).toBe('finished');
    },
  );
});

describe('rzero doctor', () => {
  it('names a command that starts with the checked model and settings', async () => {
    cpSync(join(root, 'base'), join(root, 'my base'), { recursive: true });
    const command = startCommand(
      { model: 'my base', domain: 'arithmetic', set: [...SET_SCRIPTED] },
      { program: 'rzero' },
    );
    const out = await carriedOut(`${command} --dry-run`);
    expect(out).toContain('my base');
    expect(resolveConfig({ set: SET_SCRIPTED }).engine.kind).toBe('module');
  });
});
