/** Errors of evaluations: tasks, their data, the folder of an evaluation, and the options of `rzero eval`. */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run as evaluate, type EvalFlags } from '../../../src/cli/commands/eval.ts';
import { findTasks } from '../../../src/eval/benchmarks/index.ts';
import { ownFileTask } from '../../../src/eval/benchmarks/own-file.ts';
import { loadTask } from '../../../src/eval/load-task.ts';
import { defineTask } from '../../../src/eval/own-task.ts';
import { pairedDifference } from '../../../src/eval/paired.ts';
import { readResults } from '../../../src/eval/report/results.ts';
import { meanEstimate, passAtK } from '../../../src/eval/statistics.ts';
import { openItem, textOf } from '../../../src/eval/benchmarks/fields.ts';
import { SET_SCRIPTED } from '../../engines/scripted/config.ts';
import { startChatServer } from '../../fixtures/chat-server.ts';
import type { HubOptions } from '../../../src/models/hub/hub.ts';
import { writeArithmeticBase } from '../../fixtures/scripted/arithmetic-base.ts';
import { commandIn } from '../command.ts';
import { perform, type Printed, succeed } from '../perform.ts';
import type { AdviceCase } from '../followed.ts';

const ROWS = '{"question":"Compute 3 + 4.","answer":"7"}\n{"question":"Compute 3 + 5.","answer":"8"}\n';

/** Runs `rzero eval` on a small base, with its runs and evaluations in `place`. */
async function evaluated(place: string, flags: EvalFlags): Promise<Printed> {
  const model = join(place, 'base');
  if (!existsSync(model)) await writeArithmeticBase(model);
  const found = await perform(evaluate, { model, domain: 'arithmetic', set: [...SET_SCRIPTED], ...flags }, place);
  expect(found.code).toBe(0);
  return found;
}

/** Flags of an evaluation of two questions, in `place/out`. */
function own(place: string, more: EvalFlags = {}): EvalFlags {
  const task = join(place, 'rows.jsonl');
  writeFileSync(task, ROWS);
  return { task, maxTokens: 6, out: join(place, 'out'), ...more };
}

/** Changes the weights of the base between the ends of their file, which its fingerprint reads. */
function changeMiddle(place: string, folder: string): void {
  const name = readdirSync(join(place, folder)).find((file) => file.endsWith('.safetensors')) ?? '';
  const path = join(place, folder, name);
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] ^= 1;
  writeFileSync(path, bytes);
}

const SVAMP = 'svamp';

export const CASES: AdviceCase[] = [
  {
    file: 'eval/benchmarks/index.ts',
    message: 'There is no task "…".',
    advice: /groups: all, paper, math, general\. For your own file: --task FILE --question COLUMN --answer COLUMN/,
    provoke: () => findTasks('gsm9k'),
    follow: async (place, { advice }) => {
      const [, tasks, groups] = /^Tasks: (.*); groups: ([^.]*)\./.exec(advice) ?? [];
      for (const name of [...tasks.split(', '), ...groups.split(', ')]) {
        expect(findTasks(name).length).toBeGreaterThan(0);
      }
      const { task, ...rest } = own(place);
      await evaluated(place, { ...rest, task, question: 'question', answer: 'answer' });
    },
  },
  {
    file: 'eval/load-task.ts',
    message: '…: … contains no question….',
    advice: 'Check that it is the right file, and the names of its columns.',
    provoke: (place) => {
      writeFileSync(join(place, 'rows.jsonl'), '{"question":"","answer":""}\n');
      return loadTask(ownFileTask(join(place, 'rows.jsonl')));
    },
    follow: async (place) => {
      writeFileSync(join(place, 'right.jsonl'), ROWS);
      expect((await loadTask(ownFileTask(join(place, 'right.jsonl')))).items).toHaveLength(2);
    },
  },
  {
    file: 'eval/load-task.ts',
    message: 'There is no file ….',
    advice: 'Check the path given to --task, evaluation.tasks or defineTask.',
    provoke: (place) => loadTask(ownFileTask(join(place, 'missing.jsonl'))),
    follow: (place) => evaluated(place, own(place)),
  },
  {
    file: 'eval/load-task.ts',
    message: 'The task … names no data file.',
    advice: 'Give it one: defineTask({ name, files, toItem }).',
    provoke: () => loadTask(defineTask({ name: 'mine', toItem })),
    follow: async (place) => {
      writeFileSync(join(place, 'rows.jsonl'), ROWS);
      const task = defineTask({ name: 'mine', files: [join(place, 'rows.jsonl')], toItem });
      expect((await loadTask(task)).items).toHaveLength(2);
    },
  },
  {
    file: 'eval/load-task.ts',
    message: 'There is no data folder ….',
    advice: 'Check the path given to --data-dir, evaluation.dataDir or RZERO_DATA.',
    provoke: (place) => evaluated(place, { tasks: 'gsm8k', dataDir: join(place, 'missing') }),
    follow: async (place) => {
      const [{ source }] = findTasks('gsm8k');
      mkdirSync(join(place, 'data'));
      writeFileSync(join(place, 'data', source.files[0]), '{"question":"Compute 3 + 4.","answer":"#### 7"}\n');
      const flags = { tasks: 'gsm8k', maxTokens: 6, out: join(place, 'out') };
      await evaluated(place, { ...flags, dataDir: join(place, 'data') });
    },
  },
  {
    file: 'eval/load-task.ts',
    message: '…: the data set … (…) has no Parquet, JSON or CSV file of its split ….',
    advice:
      /^Name another revision \(svamp@REVISION\), or put \S+ into a folder and name the folder in .* RZERO_DATA\.$/,
    provoke: async (place) => {
      await loadTask(findTasks(SVAMP)[0], { hub: emptyHub(place) });
    },
    follow: async (place, { advice }) => {
      const [, file, variable] = /put (\S+) into a folder and name the folder in .* (\w+)\.$/.exec(advice) ?? [];
      mkdirSync(join(place, 'data'));
      writeFileSync(
        join(place, 'data', file),
        '[{"ID":"1","Body":"Three and four.","Question":"How many?","Answer":7}]',
      );
      await writeArithmeticBase(join(place, 'base'));
      const set = SET_SCRIPTED.flatMap((one) => ['--set', one]);
      const words = [
        'eval',
        '--model',
        'base',
        '--domain',
        'arithmetic',
        '--tasks',
        SVAMP,
        '--max-tokens',
        '6',
        ...set,
      ];
      await succeed(words, { cwd: place, env: { [variable]: 'data' } });
    },
  },
  {
    file: 'eval/load-task.ts',
    message: '…: the data set … (…) has no Parquet, JSON or CSV file of its split ….',
    advice: 'Name another revision: svamp@REVISION, or svamp for the published one.',
    provoke: async (place) => {
      await loadTask(findTasks(`${SVAMP}@old`)[0], { hub: emptyHub(place) });
    },
    follow: (_, { advice }) => {
      const [, other, published] = /revision: (\S+), or (\S+) for/.exec(advice) ?? [];
      expect(findTasks(other.replace('REVISION', 'main'))[0].source.hub?.revision).toBe('main');
      expect(findTasks(published)[0].source).toEqual(findTasks(SVAMP)[0].source);
    },
  },
  {
    file: 'eval/log/evaluated-files.ts',
    message: '… The evaluation in … is of the earlier one.',
    advice: 'Evaluate it again with --fresh, which keeps the earlier evaluation under another name.',
    provoke: async (place) => {
      await evaluated(place, own(place));
      changeMiddle(place, 'base');
      await evaluated(place, own(place));
    },
    follow: async (place) => {
      await evaluated(place, own(place, { fresh: true }));
      expect(existsSync(join(place, 'out', 'eval.1.db'))).toBe(true);
    },
  },
  {
    // The advice must help for the folder of the baseline too, which no option names.
    file: 'eval/log/evaluated-files.ts',
    message: '… The evaluation in … is of the earlier one.',
    advice: 'Evaluate it again with --fresh, which keeps the earlier evaluation under another name.',
    provoke: async (place) => {
      const baseline = join(place, 'runs', 'other');
      await writeArithmeticBase(join(place, 'base'), { garbage: true });
      await writeArithmeticBase(baseline);
      await evaluated(place, own(place, { model: baseline }));
      changeMiddle(place, 'runs/other');
      await evaluated(place, own(place, { model: baseline }));
    },
    follow: (place) =>
      evaluated(place, own(place, { model: join(place, 'runs', 'other'), baseline: join(place, 'base'), fresh: true })),
  },
  {
    file: 'eval/log/log.ts',
    message: 'There is no evaluation in ….',
    advice: /^Evaluate the model first: add --tasks TASKS\. Or name the folder of an evaluation with --out FOLDER\.$/,
    provoke: (place) => evaluated(place, { rescore: true, out: join(place, 'none') }),
    follow: async (place) => {
      await evaluated(place, own(place));
      await evaluated(place, { rescore: true, out: join(place, 'out') });
    },
  },
  {
    file: 'eval/log/log.ts',
    message: 'The evaluation in … differs in ….',
    advice: /^Choose another folder with --out FOLDER, or omit --out\. With --fresh, a new evaluation starts/,
    provoke: async (place) => {
      await evaluated(place, own(place));
      await evaluated(place, own(place, { seed: 9 }));
    },
    follow: async (place) => {
      await evaluated(place, own(place, { seed: 9, out: join(place, 'another') }));
      await evaluated(place, own(place, { seed: 9, fresh: true }));
      expect(existsSync(join(place, 'out', 'eval.1.db'))).toBe(true);
    },
  },
  {
    file: 'eval/log/log.ts',
    message: 'No evaluation can be written in …: ….',
    advice: 'Name a folder that you can write with --out FOLDER.',
    provoke: (place) => {
      writeFileSync(join(place, 'file'), '');
      return evaluated(place, own(place, { out: join(place, 'file', 'out') }));
    },
    follow: (place) => evaluated(place, own(place)),
  },
  {
    file: 'eval/log/log.ts',
    message: 'Could not … the evaluation in …: ….',
    advice: /Stored results are kept; the same command resumes\.$/,
    provoke: async (place) => {
      await evaluated(place, own(place));
      // A folder instead of the database cannot be opened, whoever the user is.
      renameSync(join(place, 'out', 'eval.db'), join(place, 'kept.db'));
      mkdirSync(join(place, 'out', 'eval.db'));
      await evaluated(place, own(place));
    },
    follow: async (place) => {
      rmdirSync(join(place, 'out', 'eval.db'));
      renameSync(join(place, 'kept.db'), join(place, 'out', 'eval.db'));
      await evaluated(place, { rescore: true, out: join(place, 'out') });
      await evaluated(place, own(place));
    },
  },
  {
    file: 'eval/paired.ts',
    message: 'A comparison needs at least one question.',
    advice: 'Evaluate both on at least one question.',
    provoke: () => pairedDifference([], []),
    follow: () => expect(pairedDifference([0], [1]).value).toBe(1),
  },
  {
    file: 'eval/paired.ts',
    message: 'Cannot compare … with … questions.',
    advice: 'Compare evaluations of the same task with the same number of questions.',
    provoke: () => pairedDifference([0], [1, 1]),
    follow: () => expect(pairedDifference([0, 0], [1, 1]).value).toBe(1),
  },
  {
    file: 'eval/report/results.ts',
    message: '… cannot be read: ….',
    advice: /^Write it again: `rzero eval --rescore --out .*`\.$/,
    provoke: async (place) => {
      await evaluated(place, own(place, { out: join(place, 'a run', 'evaluations', 'mine') }));
      writeFileSync(join(place, 'a run', 'evaluations', 'mine', 'results.json'), '{');
      readResults(join(place, 'a run'));
    },
    follow: async (place, { advice }) => {
      await succeed(commandIn(advice));
      expect(readResults(join(place, 'a run'))).toHaveLength(1);
    },
  },
  {
    file: 'eval/scoring/readable.ts',
    message: '…: … of … reference answers in … cannot be compared as mathematics, such as ….',
    advice: /^Name the column with short final answers\./,
    provoke: (place) => evaluated(place, wordy(place)),
    follow: async (place, { advice }) => {
      expect(advice).toContain(
        '(--choices COLUMN), by comparing texts (--grading text), or with a judge (--judge MODEL)',
      );
      await evaluated(place, wordy(place, { answer: 'short', out: join(place, 'short') }));
      await evaluated(place, wordy(place, { choices: 'options', answer: 'letter', out: join(place, 'letters') }));
      await evaluated(place, wordy(place, { grading: 'text', out: join(place, 'texts') }));
      await evaluated(place, wordy(place, { judge: join(place, 'base'), out: join(place, 'judged') }));
    },
  },
  {
    file: 'eval/statistics.ts',
    message: 'pass@… needs … samples per question, but there are ….',
    advice: 'Increase the number of samples, or use a smaller k.',
    provoke: () => passAtK(2, 1, 4),
    follow: () => expect([passAtK(4, 2, 4), passAtK(2, 1, 2)]).toEqual([1, 1]),
  },
  {
    file: 'eval/statistics.ts',
    message: 'An evaluation needs at least one question.',
    advice: 'Set evaluation.questions to 1 or more.',
    provoke: () => meanEstimate([]),
    follow: (place) =>
      evaluated(place, { samples: 1, set: [...SET_SCRIPTED, 'evaluation.questions=1', 'evaluation.maxTokens=6'] }),
  },
  {
    file: 'cli/commands/eval-access.ts',
    message: '--… needs an endpoint, but no model is one.',
    advice: /^Remove it, or pass an address such as --model http:\/\/localhost:8000\/v1\.$/,
    provoke: (place) => evaluated(place, own(place, { tokenBudget: 10_000 })),
    follow: async (place) => {
      await evaluated(place, own(place));
      const server = await startChatServer();
      const flags = own(place, { model: server.url, tokenBudget: 100_000, out: join(place, 'remote') });
      await evaluated(place, flags).finally(() => server.close());
    },
  },
  {
    file: 'cli/commands/eval-output.ts',
    message: '… already exists and is not a model-index block.',
    advice: /^Pass another file\. Or pass --model-card without a file to print the block/,
    provoke: (place) => {
      writeFileSync(join(place, 'README.md'), '# My model\n');
      return evaluated(place, own(place, { modelCard: join(place, 'README.md') }));
    },
    follow: async (place) => {
      await evaluated(place, own(place, { modelCard: join(place, 'block.yaml') }));
      expect((await evaluated(place, own(place, { modelCard: true }))).out).toContain('model-index:');
    },
  },
  {
    file: 'cli/commands/eval-tasks.ts',
    message: '… was trained in the domain …, which cannot be opened here: …',
    advice: /^Name the domain whose prompts it knows with --domain MODULE, or use those of --domain math\.$/,
    provoke: async (place) => {
      await writeArithmeticBase(join(place, 'base'));
      writeFileSync(join(place, 'base', 'rzero.json'), JSON.stringify({ domain: join(place, 'gone.mjs') }));
      await evaluated(place, own(place, { domain: undefined }));
    },
    follow: async (place) => {
      const domain = new URL('../../../src/domains/arithmetic/domain.ts', import.meta.url).href;
      writeFileSync(join(place, 'here.mjs'), `export { arithmetic as default } from '${domain}';\n`);
      await evaluated(place, own(place, { domain: join(place, 'here.mjs') }));
      await evaluated(place, own(place, { domain: 'math', out: join(place, 'math') }));
    },
  },
  {
    file: 'cli/commands/eval-tasks.ts',
    message: 'The baseline … has not been evaluated with these settings.',
    advice: 'Evaluate both models with --tasks TASKS, or pass the folder of an evaluation.',
    provoke: async (place) => {
      await evaluated(place, own(place));
      await writeArithmeticBase(join(place, 'garbage'), { garbage: true });
      await evaluated(place, { out: join(place, 'out'), rescore: true, baseline: join(place, 'garbage') });
    },
    follow: async (place) => {
      const other = join(place, 'other');
      await evaluated(place, own(place, { model: join(place, 'garbage'), out: other }));
      await evaluated(place, { out: join(place, 'out'), rescore: true, baseline: other });
    },
  },
  {
    file: 'cli/commands/eval-tasks.ts',
    message: 'The baseline … is the model itself.',
    advice: 'Pass another model or evaluation with --baseline.',
    provoke: async (place) => {
      await evaluated(place, own(place));
      await evaluated(place, own(place, { baseline: join(place, 'out') }));
    },
    follow: async (place) => {
      await evaluated(place, own(place, { seed: 4, out: join(place, 'other') }));
      await evaluated(place, own(place, { baseline: join(place, 'other') }));
    },
  },
  {
    file: 'cli/commands/eval.ts',
    message: 'An endpoint can only be evaluated on benchmarks, not on held-out questions.',
    advice: /^Add --tasks gsm8k,math500 or --task FILE --question COLUMN --answer COLUMN\.$/,
    provoke: (place) => evaluated(place, { model: 'http://localhost:1/v1' }),
    follow: async (place, { advice }) => {
      findTasks(/--tasks (\S+)/.exec(advice)?.[1] ?? '');
      const server = await startChatServer();
      const columns = { question: 'question', answer: 'answer' };
      await evaluated(place, own(place, { model: server.url, ...columns })).finally(() => server.close());
    },
  },
  {
    file: 'cli/commands/eval.ts',
    message: 'The settings ask no held-out question: evaluation.questions = 0.',
    advice: /^Pass --questions \d+\.$/,
    provoke: (place) => evaluated(place, { set: [...SET_SCRIPTED, 'evaluation.questions=0'] }),
    follow: (place, { advice }) => {
      const questions = Number(/--questions (\d+)/.exec(advice)?.[1]);
      const set = [...SET_SCRIPTED, 'evaluation.questions=0', 'evaluation.maxTokens=6'];
      return evaluated(place, { set, samples: 1, questions });
    },
  },
  {
    file: 'cli/commands/eval.ts',
    message: 'The domain … has no held-out questions.',
    advice: 'Use --domain arithmetic, or --tasks for benchmarks.',
    provoke: (place) => evaluated(place, { domain: 'math' }),
    follow: async (place) => {
      await evaluated(place, { domain: 'arithmetic', samples: 1, questions: 1 });
      await evaluated(place, own(place, { domain: 'math' }));
    },
  },
];

const toItem = (row: Readonly<Record<string, unknown>>, at: number): ReturnType<typeof openItem> =>
  openItem(at, { id: null, question: textOf(row, 'question'), answer: textOf(row, 'answer') });

/** Flags of an evaluation whose reference answers are sentences. */
function wordy(place: string, more: EvalFlags = {}): EvalFlags {
  const task = join(place, 'wordy.jsonl');
  const answer = 'Because three and four give the sum that was asked for.';
  const row = { question: 'Compute 3 + 4.', answer, short: '7', options: ['6', '7'], letter: 'B' };
  writeFileSync(task, `${JSON.stringify(row)}\n`);
  return { task, maxTokens: 6, out: join(place, 'wordy'), answer: 'answer', ...more };
}

/** A hub whose data sets hold only a text for readers. */
function emptyHub(place: string): HubOptions {
  const listing = { sha: 'c0ffee'.padEnd(40, '0'), siblings: [{ rfilename: 'README.md', size: 0 }] };
  return { env: { HF_HOME: join(place, 'cache') }, fetch: async () => Response.json(listing) };
}
