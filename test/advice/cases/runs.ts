/** Errors of runs: their inputs, their data and their record. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { evolve, resume } from '../../../src/index.ts';
import { shortConfig } from '../../../src/loop/loop.contract.ts';
import { judgeOf } from '../../../src/loop/run/open-judge.ts';
import { roleNamed, trainedRoles } from '../../../src/loop/training/roles.ts';
import { startChatServer } from '../../fixtures/chat-server.ts';
import { writeArithmeticBase } from '../../fixtures/scripted/arithmetic-base.ts';
import { commandIn } from '../command.ts';
import { succeed } from '../perform.ts';
import type { AdviceCase } from '../followed.ts';

const EVALUATION = { questions: 2, samples: 1, maxTokens: 6 };
const SHORT = { iterations: 1, evaluation: EVALUATION } satisfies ConfigInput;
const ROW = { question: 'Compute 3 + 4.', answer: '7' };

/** Writes a data file with a number of rows that differ. */
function rows(path: string, count: number): string {
  const lines = Array.from({ length: count }, (_, at) => ({ question: `Compute ${at} + 4.`, answer: String(at + 4) }));
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

async function play(place: string, over: ConfigInput, name = 'run'): Promise<void> {
  await writeArithmeticBase(join(place, 'base'));
  const config = shortConfig(join(place, 'base'), { ...SHORT, ...over });
  expect((await evolve({ config, runDir: join(place, name) }).result).outcome).toBe('finished');
}

/** Starts a run and stops it after its first step. */
async function begin(place: string, over: ConfigInput = {}, name = 'run'): Promise<void> {
  await writeArithmeticBase(join(place, 'base'));
  const config = shortConfig(join(place, 'base'), { ...SHORT, ...over });
  const run = evolve({ config, runDir: join(place, name) });
  for await (const event of run) if (event.type === 'step') run.stop();
  expect((await run.result).outcome).toBe('stopped');
}

async function finish(place: string): Promise<void> {
  expect((await resume(join(place, 'run')).result).outcome).toBe('finished');
}

function withTask(place: string): ConfigInput {
  return { evaluation: { ...EVALUATION, tasks: [join(place, 'rows.jsonl')] } };
}

export const CASES: AdviceCase[] = [
  {
    file: 'loop/run/inputs.ts',
    message: 'The data of the benchmark … … changed since the run started.',
    advice: /^Restore it as it was, or start a new run: `rzero evolve --config .*config\.toml`/,
    provoke: async (place) => {
      rows(join(place, 'rows.jsonl'), 2);
      await begin(place, withTask(place));
      rows(join(place, 'rows.jsonl'), 3);
      await finish(place);
    },
    follow: async (place, { advice }) => {
      const model = ['--model', join(place, 'other')];
      await writeArithmeticBase(join(place, 'other'));
      await succeed([...commandIn(advice), ...model, '--runs-dir', join(place, 'new')]);
      rows(join(place, 'rows.jsonl'), 2);
      await finish(place);
    },
  },
  {
    file: 'loop/benchmarks.ts',
    message: 'The questions of the benchmark … (…) changed since the run started (…).',
    advice: /^Restore the data, and continue with `rzero resume [^`]+`; or start a new run: `rzero evolve --config /,
    provoke: async (place) => {
      // Read again when the benchmark is evaluated, after the run has opened.
      const data = join(place, 'rows.jsonl');
      rows(data, 2);
      await writeArithmeticBase(join(place, 'base'));
      const config = shortConfig(join(place, 'base'), { ...SHORT, ...withTask(place) });
      const run = evolve({ config, runDir: join(place, 'runs', 'mine') });
      for await (const event of run) if (event.type === 'evaluation') rows(data, 3);
      await run.result;
    },
    follow: async (place, { advice }) => {
      rows(join(place, 'rows.jsonl'), 2);
      await succeed(commandIn(advice), { cwd: place });
    },
  },
  {
    file: 'loop/finetune.ts',
    message: 'finetune.heldOut = … leaves none of the … rows to train on.',
    advice: /^Set finetune\.heldOut \(--held-out\) to at most 3, or provide more data\.$/,
    provoke: (place) => play(place, { finetune: { data: rows(join(place, 'rows.jsonl'), 4), heldOut: 4 } }),
    follow: async (place, { advice }) => {
      const heldOut = Number(/at most (\d+)/.exec(advice)?.[1]);
      await play(place, { finetune: { data: join(place, 'rows.jsonl'), heldOut } }, 'fewer');
      await play(place, { finetune: { data: rows(join(place, 'rows.jsonl'), 6), heldOut: 4 } }, 'more');
    },
  },
  {
    file: 'loop/finetune.ts',
    message: 'finetune.heldOut = … leaves none of the … rows to train on.',
    advice: 'Provide more data.',
    provoke: (place) => play(place, { finetune: { data: rows(join(place, 'rows.jsonl'), 1), heldOut: 1 } }),
    follow: (place) => play(place, { finetune: { data: rows(join(place, 'rows.jsonl'), 2), heldOut: 1 } }),
  },
  {
    file: 'loop/run/known-answers.ts',
    message: 'Question … (……) has … tokens. Together with … tokens for an answer, it exceeds',
    advice: /^Remove the question, or set votes\.maxTokens to at most \d+\.$/,
    provoke: (place) => play(place, crowded(place)),
    follow: async (place, { advice }) => {
      const maxTokens = Number(/at most (\d+)/.exec(advice)?.[1]);
      await begin(place, { ...crowded(place), votes: { count: 5, chunk: 6, maxTokens } });
      writeFileSync(join(place, 'long.jsonl'), `${JSON.stringify(ROW)}\n`);
      await begin(place, { audit: { planted: join(place, 'long.jsonl') } }, 'short');
    },
  },
  {
    file: 'loop/run/open-judge.ts',
    message: '…: … is not a valid endpoint URL.',
    advice: /^Use the root URL of an OpenAI-compatible API, e\.g\. http:\/\/localhost:8000\/v1\.$/,
    provoke: () => judgeOf(shortConfig('base', { audit: { judge: { url: 'localhost:8000' } } })),
    follow: async (_, { advice }) => {
      const example = /e\.g\. (\S+)\.$/.exec(advice)?.[1] ?? '';
      expect(judgeOf(shortConfig('base', { audit: { judge: { url: example } } }))).not.toBeNull();
      const server = await startChatServer();
      const source = judgeOf(shortConfig('base', { audit: { judge: { url: server.url } } }));
      const opened = await source?.(new AbortController().signal);
      expect(opened?.judge.name).toContain('tiny');
      await opened?.close();
      await server.close();
    },
  },
  {
    file: 'loop/training/roles.ts',
    message: 'Unknown role …; the roles are ….',
    advice: 'Open the run with the program that made it.',
    provoke: () => roleNamed(trainedRoles(shortConfig('base')), 'verifier'),
    follow: () => {
      const roles = trainedRoles(shortConfig('base'));
      // The other program has a table with this role.
      expect(roleNamed([...roles, { ...roles[0], name: 'verifier' }], 'verifier').name).toBe('verifier');
    },
  },
];

/** A planted question that leaves less room for an answer than `votes.maxTokens`. */
function crowded(place: string): ConfigInput {
  const question = `Compute ${Array.from({ length: 100 }, () => '1').join(' + ')}.`;
  writeFileSync(join(place, 'long.jsonl'), `${JSON.stringify({ question, answer: '100' })}\n`);
  return { audit: { planted: join(place, 'long.jsonl') }, votes: { count: 5, chunk: 6, maxTokens: 4000 } };
}
