/** Errors of the user's own modules: domains, rewards, benchmarks and engines. */

import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { arithmetic } from '../../../src/domains/arithmetic/domain.ts';
import type { Domain } from '../../../src/domains/domain.ts';
import { openDomain } from '../../../src/domains/open-domain.ts';
import { openEngine } from '../../../src/engine/open-engine.ts';
import { defineTask, openTasks } from '../../../src/eval/own-task.ts';
import { evolve, resolveConfig, resume, type EvolveOptions } from '../../../src/index.ts';
import { shortConfig } from '../../../src/loop/loop.contract.ts';
import { rewardsOf } from '../../../src/rewards/rewards.ts';
import { defaultSolverReward } from '../../../src/rewards/correctness.ts';
import { SCRIPTED } from '../../engines/scripted/config.ts';
import { writeArithmeticBase } from '../../fixtures/scripted/arithmetic-base.ts';
import type { AdviceCase } from '../followed.ts';

const SHORT = { iterations: 1, evaluation: { questions: 2, samples: 1, maxTokens: 6 } } satisfies ConfigInput;

const SOURCE = new URL('../../../src/domains/arithmetic/domain.ts', import.meta.url).href;
const DOMAIN = `import { arithmetic } from '${SOURCE}';\nexport default { ...arithmetic, name: 'sums' };\n`;
const REWARD = 'export const rewards = { solver: (batch) => batch.items.map(() => ({ reward: 1, parts: {} })) };\n';

function writeModule(place: string, text: string, name = 'sums.mjs'): string {
  const path = join(place, name);
  writeFileSync(path, text);
  return path;
}

/** Starts a run on the scripted engine and stops it after its first step. */
async function begin(place: string, options: Partial<EvolveOptions> & { over?: ConfigInput }): Promise<void> {
  const base = join(place, 'base');
  await writeArithmeticBase(base);
  const { over, ...rest } = options;
  const run = evolve({ config: shortConfig(base, { ...SHORT, ...over }), runDir: join(place, 'run'), ...rest });
  for await (const event of run) if (event.type === 'step') run.stop();
  expect((await run.result).outcome).toBe('stopped');
}

async function finish(place: string, options: Parameters<typeof resume>[1] = {}): Promise<void> {
  expect((await resume(join(place, 'run'), options).result).outcome).toBe('finished');
}

async function runNew(place: string, options: Partial<EvolveOptions> & { over?: ConfigInput }): Promise<void> {
  const { over, ...rest } = options;
  const config = shortConfig(join(place, 'base'), { ...SHORT, ...over });
  expect((await evolve({ config, runDir: join(place, 'new'), ...rest }).result).outcome).toBe('finished');
}

const sums: Domain = { ...arithmetic, name: 'sums', version: '1' };

export const CASES: AdviceCase[] = [
  {
    file: 'modules.ts',
    message: 'The … module … does not exist.',
    advice: 'Check the path. To resume a run, restore the file at its original path.',
    provoke: async (place) => {
      const domain = writeModule(place, DOMAIN);
      await begin(place, { over: { domain } });
      renameSync(domain, join(place, 'moved.mjs'));
      await finish(place);
    },
    follow: async (place) => {
      renameSync(join(place, 'moved.mjs'), join(place, 'sums.mjs'));
      await finish(place);
    },
  },
  {
    file: 'modules.ts',
    message: 'The … module … cannot be loaded: ….',
    advice: 'Rename it to .mjs',
    provoke: (place) => {
      writeFileSync(join(place, 'package.json'), '{ "type": "commonjs" }');
      return openDomain(writeModule(place, DOMAIN, 'sums.js'));
    },
    follow: async (place) => {
      renameSync(join(place, 'sums.js'), join(place, 'sums.mjs'));
      expect((await openDomain(join(place, 'sums.mjs'))).domain.name).toBe('sums');
    },
  },
  {
    file: 'modules.ts',
    message: 'The … module … has no default export.',
    advice: 'Add `export default …` to it.',
    provoke: (place) => openDomain(writeModule(place, DOMAIN.replace('export default', 'export const domain ='))),
    follow: async (place) => {
      expect((await openDomain(writeModule(place, DOMAIN, 'again.mjs'))).domain.name).toBe('sums');
    },
  },
  {
    file: 'domains/open-domain.ts',
    message: 'Unknown domain "…".…',
    advice: 'Choose one of: arithmetic, math. For a custom domain, use the path of its module, e.g. ./my-domain.mjs.',
    provoke: () => openDomain('arithmetik'),
    follow: async (place, { message }) => {
      const nearest = /Did you mean (\w+)\?/.exec(message)?.[1] ?? '';
      for (const name of [nearest, 'math', writeModule(place, DOMAIN)]) await openDomain(name);
    },
  },
  {
    file: 'domains/check-domain.ts',
    message: '…',
    advice: 'See the interface Domain in rzero/domains for all members.',
    provoke: (place) => openDomain(writeModule(place, 'export default { name: "sums" };\n')),
    follow: (_, { message }) => {
      const member = /has no (\w+), which must be a function/.exec(message)?.[1] ?? '';
      const declared = readFileSync(new URL('../../../src/domains/domain.ts', import.meta.url), 'utf8');
      expect(declared).toContain(`${member}(`);
    },
  },
  {
    file: 'engine/module-kind.ts',
    message: 'The default export of … does not make an engine.',
    advice: 'Export a function that takes engine.options and returns an object with the members of `Engine`.',
    provoke: (place) => {
      const path = writeModule(place, 'export default () => ({ name: "nothing" });\n');
      return openEngine(resolveConfig({ flags: { engine: { kind: 'module', path } } }).engine);
    },
    follow: async () => {
      const engine = await openEngine(resolveConfig({ flags: { engine: SCRIPTED } }).engine);
      await engine.close();
    },
  },
  {
    file: 'rewards/rewards.ts',
    message: 'The rewards of … are not an object.',
    advice: /^Write `export const rewards = \{ challenger: \(batch\) => …, solver: \(batch\) => … \}`/,
    provoke: () => rewardsOf(3, 'a module'),
    follow: () => rewardsOf({ solver: defaultSolverReward }, 'a module'),
  },
  {
    file: 'rewards/rewards.ts',
    message: 'The rewards of … name "…", which is not a role.',
    advice: 'both are optional',
    provoke: () => rewardsOf({ teacher: defaultSolverReward }, 'a module'),
    follow: () => rewardsOf({}, 'a module'),
  },
  {
    file: 'rewards/rewards.ts',
    message: 'The reward of the … in … is not a function.',
    advice: /^Write `export const rewards = /,
    provoke: () => rewardsOf({ solver: 1 }, 'a module'),
    follow: () => rewardsOf({ solver: defaultSolverReward }, 'a module'),
  },
  {
    file: 'rewards/rewards.ts',
    message: 'The reward of the … ….',
    advice: 'Correct the function',
    provoke: async (place) => {
      const bad = REWARD.replace('reward: 1', 'reward: Number.NaN');
      const domain = writeModule(place, DOMAIN + bad);
      await writeArithmeticBase(join(place, 'base'));
      const config = shortConfig(join(place, 'base'), { ...SHORT, domain });
      await evolve({ config, runDir: join(place, 'run') }).result;
    },
    follow: (place) => {
      // A module cannot be loaded twice in one process, so the corrected function comes from code.
      expect(readFileSync(join(place, 'sums.mjs'), 'utf8')).toContain('NaN');
    },
  },
  {
    file: 'loop/run/code-record.ts',
    message: 'This run started with … (…), which was passed as an object and is not part of the config.',
    advice: 'Resume it from code with the same object: resume(dir, { domain }).',
    provoke: async (place) => {
      await begin(place, { domain: sums });
      await finish(place);
    },
    follow: (place) => finish(place, { domain: sums }),
  },
  {
    file: 'loop/run/code-record.ts',
    message: 'This run started with … (…), but resume received ….',
    advice: 'Pass the original one, or start a new run.',
    provoke: async (place) => {
      await begin(place, { domain: sums });
      await finish(place, { domain: { ...sums, version: '2' } });
    },
    follow: async (place) => {
      await finish(place, { domain: sums });
      await runNew(place, { domain: { ...sums, version: '2' } });
    },
  },
  {
    file: 'loop/run/code-record.ts',
    message: 'This run started without a custom …, but resume received ….',
    advice: 'Resume without domain, or start a new run.',
    provoke: async (place) => {
      await begin(place, {});
      await finish(place, { domain: sums });
    },
    follow: async (place) => {
      await finish(place);
      await runNew(place, { domain: sums });
    },
  },
  {
    file: 'loop/run/code-record.ts',
    message: 'The … of … has changed since this run started.',
    advice: 'Restore the file as it was, or start a new run with the changed file.',
    provoke: async (place) => {
      await begin(place, { over: { domain: writeModule(place, DOMAIN) } });
      writeModule(place, `${DOMAIN}// changed\n`);
      await finish(place);
    },
    follow: async (place) => {
      await runNew(place, { over: { domain: join(place, 'sums.mjs') } });
      writeModule(place, DOMAIN);
      await finish(place);
    },
  },
  {
    file: 'loop/run/code-record.ts',
    message: 'This run started with … (…) from …, which no longer exports it.',
    advice: 'Restore the file as it was when the run started, or start a new run.',
    provoke: async (place) => {
      // Tests import the module once per process; a resumed process would see the changed one.
      const domain = writeModule(place, `${DOMAIN}${REWARD}`);
      await begin(place, { over: { domain } });
      mkdirSync(join(place, 'later'));
      cpSync(domain, join(place, 'later', 'sums.mjs'));
      await finish(place, { domain: sums });
    },
    follow: (place) => finish(place),
  },
  {
    file: 'loop/run/extensions.ts',
    message: 'Two tasks are named ….',
    advice: 'Rename your own task.',
    provoke: (place) => begin(place, { tasks: [ownTask('gsm8k')] }),
    follow: (place) => begin(place, { tasks: [ownTask('my-gsm8k')] }),
  },
  {
    file: 'loop/run/abilities.ts',
    message: 'labels = "oracle" needs a domain with an oracle; the domain … has none.',
    advice: /^Use labels = "majority" .* or a domain with an oracle \(arithmetic\)\./,
    provoke: (place) => begin(place, { over: { labels: 'oracle' }, domain: { ...sums, truth: undefined } }),
    follow: async (place) => {
      await begin(place, { over: { labels: 'majority' }, domain: { ...sums, truth: undefined } });
      await runNew(place, { over: { labels: 'oracle', domain: 'arithmetic' } });
    },
  },
  {
    file: 'loop/run/abilities.ts',
    message: '… = …: the domain … cannot generate questions with known answers.',
    advice: 'Set audit.planted to a JSONL, JSON, CSV or Parquet file with the columns question and answer.',
    provoke: (place) => begin(place, { over: { audit: { planted: 2 } }, domain: { ...sums, generate: undefined } }),
    follow: (place) => {
      const planted = join(place, 'planted.jsonl');
      writeFileSync(planted, '{"question":"Compute 3 + 4.","answer":"7"}\n');
      return begin(place, { over: { audit: { planted } }, domain: { ...sums, generate: undefined } });
    },
  },
  {
    file: 'eval/own-task.ts',
    message: 'The task of … ….',
    advice: 'Make it with defineTask of rzero/eval: { name, files, toItem }.',
    provoke: (place) => openTasks(writeModule(place, 'export default { name: "mine" };\n', 'task.mjs')),
    follow: () => expect(ownTask('mine').name).toBe('mine'),
  },
];

function ownTask(name: string): ReturnType<typeof defineTask> {
  return defineTask({ name, toItem: () => ({ ...item }) });
}
