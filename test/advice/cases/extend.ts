/** Errors of the user's own modules: domains, rewards, benchmarks and engines. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { expect } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { arithmetic } from '../../../src/domains/arithmetic/domain.ts';
import type { Domain } from '../../../src/domains/domain.ts';
import { math } from '../../../src/domains/math/domain.ts';
import { openDomain } from '../../../src/domains/open-domain.ts';
import { readQuality } from '../../../src/domains/read-quality.ts';
import { openEngine } from '../../../src/engine/open-engine.ts';
import { openItem, textOf } from '../../../src/eval/benchmarks/fields.ts';
import { defineTask, openTasks } from '../../../src/eval/own-task.ts';
import { evolve, resolveConfig, resume, type EvolveOptions } from '../../../src/index.ts';
import { shortConfig } from '../../../src/loop/loop.contract.ts';
import { openDomainFrom } from '../../../src/loop/run/code-record.ts';
import { rewardsOf } from '../../../src/rewards/rewards.ts';
import { defaultSolverReward, type SolverReward } from '../../../src/rewards/correctness.ts';
import { SCRIPTED } from '../../engines/scripted/config.ts';
import { commandIn } from '../command.ts';
import { succeed } from '../perform.ts';
import { writeArithmeticBase } from '../../fixtures/scripted/arithmetic-base.ts';
import { FROM_SOURCES, ROOT } from '../../fixtures/program.ts';
import { ConfigError } from '../../../src/errors.ts';
import type { AdviceCase } from '../followed.ts';

const HALF = { count: 6, chunk: 6, maxTokens: 6, views: 0.5 };
const ASKED = { ...HALF, wordings: 1, viewsFrom: 'challenger' } as const;
const SHORT = { iterations: 1, evaluation: { questions: 2, samples: 1, maxTokens: 6 } } satisfies ConfigInput;

const JUDGE = { kind: 'token', steps: 1, prompts: 1, pairs: 1, fresh: 2, freshVotes: 2, maxTokens: 4 } as const;

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

function openDomainWith(quality: number[] | null): Domain {
  const { name: _, ...prompts } = math;
  return {
    ...prompts,
    name: 'tales',
    version: '1',
    kind: 'open',
    criteria: ['short', 'happy'],
    quality: () => quality,
  };
}

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
      writeModule(place, 'export default {};\n', 'sums.js');
      return importedByNode(place, 'sums.js');
    },
    follow: async (place, { advice }) => {
      const [, extension, type] = /^Rename it to (\.mjs), or set ("type": "module") /.exec(advice) ?? [];
      writeModule(place, 'export default {};\n', `sums${extension}`);
      await importedByNode(place, `sums${extension}`);
      writeFileSync(join(place, 'package.json'), `{ ${type} }`);
      await importedByNode(place, 'sums.js');
    },
  },
  {
    file: 'modules.ts',
    message: 'The … module … cannot be loaded: ….',
    advice: 'Install its dependencies with `npm install`, or correct its imports.',
    provoke: (place) => openDomain(writeModule(place, `import 'no-such-package';\n${DOMAIN}`)),
    follow: async (place) => {
      const installed = join(place, 'node_modules/no-such-package');
      mkdirSync(installed, { recursive: true });
      writeFileSync(join(installed, 'package.json'), '{ "name": "no-such-package", "main": "index.js" }');
      writeFileSync(join(installed, 'index.js'), '');
      // A failed import is not tried again under the same name.
      await openDomain(writeModule(place, `import 'no-such-package';\n${DOMAIN}`, 'installed.mjs'));
      await openDomain(writeModule(place, DOMAIN, 'corrected.mjs'));
    },
  },
  {
    file: 'modules.ts',
    message: 'The … module … cannot be loaded: ….',
    advice: /^Run `node .*sums\.mjs` to see the error\.$/,
    provoke: (place) => openDomain(writeModule(place, "throw new Error('no table of sums');\n")),
    follow: (_, { advice }) => {
      const [, program, path] = /`(node) (.+)`/.exec(advice) ?? [];
      const { stderr } = spawnSync(program, [path], { encoding: 'utf8' });
      expect(stderr).toContain('no table of sums');
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
    advice:
      'Choose one of: arithmetic, math, code, stories, writing. For a custom domain, use the path of its module, e.g. ./my-domain.mjs.',
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
    advice: /so start a new run: `rzero evolve --config '.*config\.toml'`\.$/,
    provoke: async (place) => {
      const domain = writeModule(place, DOMAIN + REWARD.replace('reward: 1', 'reward: Number.NaN'));
      await writeArithmeticBase(join(place, 'base'));
      const config = shortConfig(join(place, 'base'), { ...SHORT, domain });
      await evolve({ config, runDir: join(place, 'run of a reward') }).result;
    },
    follow: async (place, { advice }) => {
      writeModule(place, DOMAIN + REWARD);
      expect(
        (await succeed([...commandIn(advice), '--runs-dir', join(place, 'new')], { program: FROM_SOURCES })).out,
      ).toContain('Next steps');
    },
  },
  {
    file: 'rewards/rewards.ts',
    message: 'The reward of the … ….',
    advice: /Then resume the run with it, under the same name and version; it continues at this step\.$/,
    provoke: async (place) => {
      await writeArithmeticBase(join(place, 'base'));
      const config = shortConfig(join(place, 'base'), SHORT);
      const rewards = { solver: constant(Number.NaN), version: '1' };
      await evolve({ config, runDir: join(place, 'run'), rewards }).result;
    },
    follow: (place) => finish(place, { rewards: { solver: constant(1), version: '1' } }),
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
    message: 'The domain of … has changed since the run … started.',
    advice: /^Restore the file as it was, or use the changed one: --domain \S+\.$/,
    provoke: async (place) => {
      const domain = writeModule(place, DOMAIN);
      await begin(place, { over: { domain } });
      writeModule(place, `${DOMAIN}// changed\n`);
      await openDomainFrom(join(place, 'run'), domain);
    },
    follow: async (place, { advice }) => {
      const chosen = /--domain (\S+)\.$/.exec(advice)?.[1] ?? '';
      expect((await openDomainFrom(null, chosen)).domain.name).toBe('sums');
      const domain = writeModule(place, DOMAIN);
      expect((await openDomainFrom(join(place, 'run'), domain)).domain.name).toBe('sums');
    },
  },
  {
    file: 'loop/run/code-record.ts',
    message: 'This run started with … (…) from …, which no longer exports it.',
    advice: 'Restore the file as it was when the run started, or start a new run.',
    provoke: async (place) => {
      writeFileSync(join(place, 'rows.jsonl'), '{"question":"Compute 3 + 4.","answer":"7"}\n');
      const tasks = [writeModule(place, taskModule(place, 'mine'), 'task.mjs')];
      await begin(place, { over: { evaluation: { ...SHORT.evaluation, tasks } } });
      writeModule(place, taskModule(place, 'renamed'), 'task.mjs');
      await succeed(['resume', join(place, 'run')], { program: FROM_SOURCES });
    },
    follow: async (place) => {
      writeModule(place, taskModule(place, 'mine'), 'task.mjs');
      await succeed(['resume', join(place, 'run')], { program: FROM_SOURCES });
    },
  },
  {
    file: 'loop/run/extensions.ts',
    message: 'Two tasks are named ….',
    advice: 'Rename your own task.',
    provoke: (place) => begin(place, { tasks: [ownTask('gsm8k')] }),
    follow: (place) => {
      const rows = join(place, 'rows.jsonl');
      writeFileSync(rows, '{"question":"Compute 3 + 4.","answer":"7"}\n');
      return begin(place, { tasks: [ownTask('my-gsm8k', [rows])] });
    },
  },
  {
    file: 'loop/run/abilities.ts',
    message: 'illPosed = "refuse" needs a domain with a grammar; the domain … has none.',
    advice: 'Use illPosed = "accept", a domain with a grammar (arithmetic), or add isWellPosed to your domain.',
    provoke: (place) => begin(place, { over: { illPosed: 'refuse' }, domain: { ...sums, isWellPosed: undefined } }),
    follow: async (place) => {
      await begin(place, { over: { illPosed: 'accept' }, domain: { ...sums, isWellPosed: undefined } });
      await runNew(place, { over: { illPosed: 'refuse' } });
      rmSync(join(place, 'new'), { recursive: true });
      await runNew(place, { over: { illPosed: 'refuse' }, domain: sums });
    },
  },
  {
    file: 'loop/run/abilities.ts',
    message: 'labels = "…" needs a domain with an oracle; the domain … has none.',
    advice: /^Use labels = "majority" .* or a domain with an oracle \(arithmetic, code\)\./,
    provoke: (place) => begin(place, { over: { labels: 'oracle' }, domain: { ...sums, truth: undefined } }),
    follow: async (place) => {
      await begin(place, { over: { labels: 'majority' }, domain: { ...sums, truth: undefined } });
      await runNew(place, { over: { labels: 'oracle', domain: 'arithmetic' } });
      rmSync(join(place, 'new'), { recursive: true });
      const filter = { minQuestions: 1, minAgreement: 0, maxAgreement: 1 };
      await runNew(place, { over: { labels: 'computed', domain: 'arithmetic', filter } });
    },
  },
  {
    file: 'loop/run/abilities.ts',
    message: 'audit.views = … needs a domain that words questions in other ways; the domain … has none.',
    advice: 'Use audit.views = 0, the domain arithmetic, or add views to your domain.',
    provoke: (place) => begin(place, { over: { audit: { views: 2 } }, domain: { ...sums, views: undefined } }),
    follow: async (place) => {
      await begin(place, { over: { audit: { views: 0 } }, domain: { ...sums, views: undefined } });
      await runNew(place, { over: { audit: { views: 2 }, domain: 'arithmetic' } });
      rmSync(join(place, 'new'), { recursive: true });
      await runNew(place, { over: { audit: { views: 2 } }, domain: sums });
    },
  },
  {
    file: 'loop/run/abilities.ts',
    message: 'votes.views = … needs a domain that words questions in other ways; the domain … has none.',
    advice: 'Use votes.views = 0, the domain arithmetic, or add views to your domain.',
    provoke: (place) => begin(place, { over: { votes: HALF }, domain: { ...sums, views: undefined } }),
    follow: async (place) => {
      await begin(place, { over: { votes: { ...HALF, views: 0 } }, domain: { ...sums, views: undefined } });
      await runNew(place, { over: { votes: HALF, domain: 'arithmetic' } });
      rmSync(join(place, 'new'), { recursive: true });
      await runNew(place, { over: { votes: HALF }, domain: sums });
    },
  },
  {
    file: 'loop/run/abilities.ts',
    message: 'votes.viewsFrom = "challenger" needs a domain that asks for other wordings; the domain … does not.',
    advice: 'Use votes.viewsFrom = "domain", the domain math, or add rewordMessages to your domain.',
    provoke: (place) => begin(place, { over: { votes: ASKED }, domain: sums }),
    follow: async (place) => {
      await begin(place, { over: { votes: { ...ASKED, viewsFrom: 'domain' } }, domain: sums });
      expect(math.rewordMessages).toBeDefined();
      await runNew(place, {
        over: { votes: ASKED },
        domain: { ...sums, rewordMessages: () => sums.challengerMessages(1) },
      });
    },
  },
  {
    file: 'loop/verifier/ask-verdicts.ts',
    message: 'The domain … does not ask whether attempts are right, which verifier.kind needs.',
    advice: 'Use verifier.kind = "off", the domain arithmetic or math, or add verification to your domain.',
    provoke: (place) => begin(place, { over: { verifier: JUDGE }, domain: { ...sums, verification: undefined } }),
    follow: async (place) => {
      await begin(place, { over: { verifier: { kind: 'off' } }, domain: { ...sums, verification: undefined } });
      expect(math.verification).toBeDefined();
      await runNew(place, { over: { verifier: JUDGE, domain: 'arithmetic' } });
      rmSync(join(place, 'new'), { recursive: true });
      await runNew(place, { over: { verifier: JUDGE }, domain: sums });
    },
  },
  {
    file: 'loop/verifier/ask-verdicts.ts',
    message: 'The verdict "…" of the domain … is not one token of this model.',
    advice: 'Use verifier.kind = "generative", or another verdict in the verification of your domain.',
    provoke: (place) => begin(place, { over: { verifier: JUDGE }, domain: judging('10') }),
    follow: async (place) => {
      await runNew(place, { over: { verifier: { ...JUDGE, kind: 'generative' } }, domain: judging('10') });
      rmSync(join(place, 'new'), { recursive: true });
      await runNew(place, { over: { verifier: JUDGE }, domain: judging('7') });
    },
  },
  {
    file: 'loop/training/attempt-evidence.ts',
    message: 'The engine measures no whole distributions',
    advice: 'Use solver.reward = "likelihood", or engine.kind = "local".',
    provoke: async (place) => {
      await writeArithmeticBase(join(place, 'base'));
      await runNew(place, { over: blindRun(place, 'entropy') });
    },
    follow: async (place) => {
      await runNew(place, { over: blindRun(place, 'likelihood') });
      const local = await openEngine(resolveConfig({ flags: { engine: { kind: 'local' } } }).engine);
      const sampler = await local.openSampler({ kind: 'base', path: join(ROOT, 'models/arith-base') });
      expect(sampler.measure).toBeDefined();
      await local.close();
    },
  },
  {
    file: 'domains/read-views.ts',
    message: 'The domain … returned views that are not a list of { kind, text }.',
    advice: /^Return a list such as \[\{ kind: "names", text: "…" \}\] from its views, empty for a question/,
    provoke: async (place) => {
      const text = DOMAIN.replace('};', ", views: (question) => [{ kind: 'same', words: question }] };");
      await writeArithmeticBase(join(place, 'base'));
      const domain = writeModule(place, text);
      await runNew(place, { over: { audit: { views: 2 }, domain } });
    },
    follow: async (place) => {
      rmSync(join(place, 'new'), { recursive: true });
      const views = "(question) => (question.length % 2 ? [] : [{ kind: 'names', text: `${question} ` }])";
      const domain = writeModule(place, DOMAIN.replace('};', `, views: ${views} };`), 'fixed.mjs');
      await runNew(place, { over: { audit: { views: 2 }, domain } });
    },
  },
  {
    file: 'domains/read-quality.ts',
    message: 'The domain … returned a quality that is not one number from 0 to 1 for each of its criteria.',
    advice: 'Return a list such as [1, 0.5] with 2 numbers from its quality, or null for a task that it cannot read.',
    provoke: () => readQuality(openDomainWith([1]), 'a tale', 'Once.'),
    follow: () => {
      expect(readQuality(openDomainWith([1, 0.5]), 'a tale', 'Once.')?.mean).toBe(0.75);
      expect(readQuality(openDomainWith(null), 'a tale', 'Once.')).toBeNull();
    },
  },
  {
    file: 'loop/run/abilities.ts',
    message: 'open.signal = "hints" needs a domain that shows hints to the Solver; the domain … does not.',
    advice: 'Use open.signal = "scores", or add hintedMessages to your domain.',
    provoke: (place) => begin(place, { over: { open: { signal: 'hints' } }, domain: openDomainWith(null) }),
    follow: (place) => begin(place, { over: { open: { signal: 'scores' } }, domain: openDomainWith(null) }),
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

/** A domain whose verdict on a right attempt has these characters. */
function judging(yes: string): Domain {
  return { ...sums, verification: { ...arithmetic.verification, yes } };
}

/** A run on an engine that sees no whole distributions. */
function blindRun(place: string, reward: 'entropy' | 'likelihood'): ConfigInput {
  const scripted = new URL('../../engines/scripted/index.ts', import.meta.url).href;
  const path = writeModule(
    place,
    `import create from '${scripted}';
export default async (options) => {
  const engine = await create(options);
  return { ...engine, openSampler: async (...given) => ({ ...(await engine.openSampler(...given)), measure: undefined }) };
};
`,
    'blind.mjs',
  );
  return { engine: { kind: 'module', path }, solver: { ...shortConfig(join(place, 'base')).solver, reward } };
}

function ownTask(name: string, files: readonly string[] = []): ReturnType<typeof defineTask> {
  return defineTask({
    name,
    files,
    toItem: (row, at) => openItem(at, { id: null, question: textOf(row, 'question'), answer: textOf(row, 'answer') }),
  });
}

const TASKS = new URL('../../../src/eval/benchmarks/own-file.ts', import.meta.url).href;

/** A module with one task, which reads `rows.jsonl`. */
function taskModule(place: string, name: string): string {
  const task = `{ ...ownFileTask(${JSON.stringify(join(place, 'rows.jsonl'))}, COLUMNS), name: '${name}' }`;
  const columns = "const COLUMNS = { question: 'question', answer: 'answer' };";
  return `import { ownFileTask } from '${TASKS}';\n${columns}\nexport default ${task};\n`;
}

/** Imports a module by Node alone: the tests' loader accepts more than Node does. */
async function importedByNode(place: string, name: string): Promise<void> {
  const bundle = await rolldown({ input: join(ROOT, 'src/modules.ts'), platform: 'node' });
  await bundle.write({ file: join(place, 'bundle.mjs') });
  const script = `import { importModule } from './bundle.mjs';
    await importModule('${name}', 'domain').catch((error) => {
      process.stdout.write(JSON.stringify({ message: error.message, advice: error.advice }));
    });`;
  const node = ['--input-type=module', '--eval', script];
  const { stdout } = spawnSync(process.execPath, node, { cwd: place, encoding: 'utf8' });
  if (stdout === '') return;
  const { message, advice } = JSON.parse(stdout) as { message: string; advice: string };
  throw new ConfigError(message.slice(0, -advice.length - 1), advice);
}

function constant(reward: number): SolverReward {
  return function always(batch) {
    return batch.items.map(() => ({ reward, parts: {} }));
  };
}
