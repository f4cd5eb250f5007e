/** Errors of settings that contradict each other, and of commands that change or delete runs. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run as runs } from '../../../src/cli/commands/runs.ts';
import { fileWriter } from '../../../src/cli/live/reduced.ts';
import { resolveConfig } from '../../../src/config/load.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { evolve, resume } from '../../../src/index.ts';
import { shortConfig } from '../../../src/loop/loop.contract.ts';
import { checkSizes } from '../../../src/loop/run/check-sizes.ts';
import { freeWeights } from '../../../src/loop/run/free-weights.ts';
import { arithmetic } from '../../../src/domains/arithmetic/domain.ts';
import { loadTokenizer } from '../../../src/models/tokenizer/tokenizer.ts';
import { openRun } from '../../../src/store/sqlite.ts';
import { writeArithmeticBase } from '../../fixtures/scripted/arithmetic-base.ts';
import { commandIn, settingsIn } from '../command.ts';
import type { AdviceCase } from '../followed.ts';
import { perform, succeed } from '../perform.ts';

const SHORT = { iterations: 1, evaluation: { questions: 2, samples: 1, maxTokens: 6 } } satisfies ConfigInput;

/** Plays a run in `place/runs/NAME`; with `stop`, only its first step. */
async function play(place: string, name: string, over: ConfigInput = {}, stop = false): Promise<string> {
  const base = join(place, over.model ?? 'base');
  if (!existsSync(base)) await writeArithmeticBase(base, { garbage: over.model === 'garbage' });
  const dir = join(place, 'runs', name);
  const run = evolve({ config: shortConfig(base, { ...SHORT, ...over, model: base }), runDir: dir });
  for await (const event of run) if (stop && event.type === 'step') run.stop();
  await run.result;
  return dir;
}

async function extended(dir: string, iterations: number): Promise<void> {
  expect((await resume(dir, { iterations }).result).outcome).toBe('finished');
}

/** Runs the commands of an advice, each in backticks, in the folder of the runs. */
async function carriedOut(place: string, advice: string, more: readonly string[] = []): Promise<void> {
  const commands = advice.match(/`rzero [^`]+`/g) ?? [];
  expect(commands).not.toEqual([]);
  for (const command of commands) {
    const words = commandIn(command);
    await succeed([...words, ...(words[0] === 'runs' ? ['--yes'] : more)], { cwd: place });
  }
}

async function sizesOf(place: string, set: readonly string[], vocabulary?: number): Promise<void> {
  const folder = join(place, 'base');
  if (!existsSync(folder)) await writeArithmeticBase(folder);
  const config = resolveConfig({ flags: { model: folder }, set });
  const tokenizer = await loadTokenizer(folder, config);
  checkSizes(config, { tokenizer, domain: arithmetic, maxContext: 512, vocabulary: vocabulary ?? tokenizer.size });
}

export const CASES: AdviceCase[] = [
  {
    file: 'config/dials/check-dials.ts',
    message: '…',
    advice: /^It works with --set filter\.maxQuestions=\d+ --set /,
    provoke: (place) => play(place, 'run', { filter: { minQuestions: 2, maxQuestions: 1 } }),
    follow: async (place, { advice }) => {
      const { filter, solver } = resolveConfig({ set: settingsIn(advice) });
      const small = shortConfig('base').solver;
      const over = {
        filter: { minQuestions: 2, maxQuestions: filter.maxQuestions },
        solver: { ...small, prompts: solver.prompts },
      };
      await play(place, 'run', over);
    },
  },
  {
    file: 'loop/run/check-sizes.ts',
    message: '…',
    advice: /^It fits with --set votes\.maxTokens=\d+, or with a model of a longer context\.$/,
    provoke: (place) => sizesOf(place, ['votes.maxTokens=512']),
    follow: (place, { advice }) => sizesOf(place, settingsIn(advice)),
  },
  {
    file: 'loop/run/check-sizes.ts',
    message: "The tokenizer of … writes the token …, but the model's vocabulary has … tokens.",
    advice: 'Use the tokenizer files that belong to the checkpoint.',
    provoke: (place) => sizesOf(place, [], 3),
    follow: (place) => sizesOf(place, []),
  },
  {
    file: 'loop/run/extend.ts',
    message: 'The run … is supervised training, which has one iteration.',
    advice: /^Train further with `rzero finetune --model \S+ --data FILE`\.$/,
    provoke: async (place) => extended(await play(place, 'tuned', { finetune: { data: 8 } }), 2),
    follow: async (place, { advice }) => {
      writeFileSync(join(place, 'FILE.jsonl'), '{"question":"Compute 3 + 4.","answer":"7"}\n');
      const words = commandIn(advice.replace('FILE', 'FILE.jsonl'));
      await succeed(words, { cwd: place });
    },
  },
  {
    file: 'loop/run/extend.ts',
    message: 'The run … is in iteration ……; --iterations … is fewer.',
    advice: /^Pass --iterations 2 or more\. Earlier iterations stay available: `rzero show /,
    provoke: async (place) => extended(await play(place, 'mine', { iterations: 2 }), 1),
    follow: async (place, { advice }) => {
      await carriedOut(place, advice);
      await extended(join(place, 'runs', 'mine'), Number(/--iterations (\d+)/.exec(advice)?.[1]));
    },
  },
  {
    file: 'loop/run/extend.ts',
    message: 'The run … ended early in iteration …: …. With more iterations it would end at the same place.',
    advice:
      /^Start a new run from its best model, with other settings: `rzero evolve --config .* --model .*best`, with --set /,
    provoke: async (place) => {
      const filter = { minQuestions: 16, minAgreement: 0.5, maxAgreement: 0.6 };
      await extended(await play(place, 'poor', { filter }), 2);
    },
    follow: (place, { advice }) => {
      const wide = ['filter.minQuestions=2', 'filter.minAgreement=0.2', 'filter.maxAgreement=0.9'];
      return carriedOut(
        place,
        advice,
        wide.flatMap((one) => ['--set', one]),
      );
    },
  },
  {
    file: 'loop/run/free-weights.ts',
    message: 'The run … has not ended; it still needs its weights.',
    advice: /^Continue it: `rzero resume .*`\. Or delete it: `rzero runs --delete .*`\.$/,
    provoke: async (place) => {
      const dir = await play(place, 'older', {}, true);
      await play(place, 'newer', {}, true);
      await freeWeights(dir);
    },
    follow: async (place, { advice }) => {
      await carriedOut(place, advice);
      expect(['older', 'newer'].map((name) => existsSync(join(place, 'runs', name)))).toEqual([false, true]);
    },
  },
  {
    file: 'cli/commands/runs.ts',
    message: 'The run … has not ended; it still needs its weights.',
    advice: /^Continue it: `rzero resume .*`\. Or delete it: `rzero runs --delete .*`\.$/,
    provoke: async (place) => {
      await play(place, 'older', {}, true);
      await play(place, 'newer', {}, true);
      await perform(runs, { prune: 'older', yes: true }, place);
    },
    follow: async (place, { advice }) => {
      await carriedOut(place, advice);
      expect(['older', 'newer'].map((name) => existsSync(join(place, 'runs', name)))).toEqual([false, true]);
    },
  },
  {
    file: 'cli/commands/runs-cleanup.ts',
    message: 'The run … is running. Nothing was deleted.',
    advice: 'Stop it first (Ctrl-C there).',
    provoke: async (place) => {
      const store = openRun(await play(place, 'mine', {}, true));
      await perform(runs, { delete: ['mine'], yes: true }, place).finally(() => store.close());
    },
    follow: async (place) => {
      expect((await perform(runs, { delete: ['mine'], yes: true }, place)).code).toBe(0);
      expect(existsSync(join(place, 'runs', 'mine'))).toBe(false);
    },
  },
  {
    file: 'cli/confirm.ts',
    message: '… There is no terminal to answer.',
    advice: 'Pass --yes to go on without the question.',
    provoke: async (place) => {
      await play(place, 'mine', {}, true);
      await perform(runs, { delete: ['mine'] }, place);
    },
    follow: async (place) => expect((await perform(runs, { delete: ['mine'], yes: true }, place)).code).toBe(0),
  },
  {
    file: 'cli/live/reduced.ts',
    message: '…',
    advice: 'Check the path given to --log-file, and the disk.',
    provoke: (place) => {
      writeFileSync(join(place, 'file'), '');
      fileWriter(join(place, 'file', 'log.txt'));
    },
    follow: (place) => {
      fileWriter(join(place, 'logs', 'log.txt'))('done');
      expect(existsSync(join(place, 'logs', 'log.txt'))).toBe(true);
    },
  },
];
