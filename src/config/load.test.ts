import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { describeConfig } from './describe.ts';
import { resolveConfig } from './load.ts';
import type { ConfigSources } from './load.ts';
import { SCALES } from './scales.ts';
import { configSchema } from './schema.ts';
import type { ConfigInput, RunConfig } from './schema.ts';
import { toToml } from './toml.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-config-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

function problem(sources: ConfigSources): ConfigError {
  try {
    resolveConfig(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('layers', () => {
  it('without sources, the result is the defaults, which are the small scale', () => {
    expect(resolveConfig()).toEqual(configSchema.parse({}));
    expect(resolveConfig().scale).toBe('small');
  });

  it('later sources override earlier ones: scale, files left to right, flags, --set', () => {
    const one = file(
      'one.toml',
      'iterations = 4\n[solver]\nsteps = 100\nprompts = 3\ngroupSize = 9\nlearningRate = 1e-6\n',
    );
    const two = file('two.toml', '[solver]\nprompts = 5\ngroupSize = 10\nlearningRate = 2e-6\n');
    const flags: ConfigInput = { scale: 'tiny', iterations: undefined, solver: { groupSize: 11, learningRate: 3e-6 } };
    const config = resolveConfig({
      files: [one, two],
      flags,
      set: ['solver.learningRate=4e-6', 'solver.learningRate = 5e-6'],
    });
    expect(config.iterations).toBe(4);
    expect(config.solver).toMatchObject({ steps: 100, prompts: 5, groupSize: 11, learningRate: 5e-6 });
    expect(config.pool.questions).toBe(SCALES.tiny.pool?.questions);
  });

  it('the preset is that of the final scale, from any source', () => {
    const paper = file('paper.toml', 'scale = "paper"\n');
    expect(resolveConfig({ files: [paper] }).challenger.groups).toBe(512);
    expect(resolveConfig({ files: [paper], scale: 'tiny' }).challenger.groups).toBe(8);
    expect(resolveConfig({ files: [paper], scale: 'tiny', flags: { scale: 'small' } }).challenger.groups).toBe(32);
    expect(resolveConfig({ files: [paper], set: ['scale=tiny'] })).toMatchObject({
      scale: 'tiny',
      challenger: { groups: 8 },
    });
  });

  it('a domain has defaults of its own, under the preset', () => {
    const tokens = ({ votes, solver }: RunConfig): number[] => [votes.maxTokens, solver.maxTokens];
    const code = resolveConfig({ set: ['domain=code'] });
    expect([code.labels, ...tokens(code)]).toEqual(['computed', 512, 512]);
    const large = resolveConfig({ set: ['domain=code'], scale: 'paper', flags: { labels: 'majority' } });
    expect([large.labels, ...tokens(large)]).toEqual(['majority', 4096, 4096]);
    expect(resolveConfig({ set: ['domain=math'] }).labels).toBe('majority');
  });

  it('changes no preset', () => {
    const before = structuredClone(SCALES);
    resolveConfig({ scale: 'paper', set: ['solver.steps=1', 'challenger.votes=3'] });
    expect(SCALES).toEqual(before);
  });
});

describe('--set', () => {
  const values: [string, Partial<RunConfig>][] = [
    ['model=models/other-base', { model: 'models/other-base' }],
    ['model="with = and spaces"', { model: 'with = and spaces' }],
    ['model=/home/me/My Models/a=b', { model: '/home/me/My Models/a=b' }],
    ['iterations=7', { iterations: 7 }],
    ['seed = 0x10', { seed: 16 }],
  ];
  it.each(values)('%s', (assignment, expected) => {
    expect(resolveConfig({ set: [assignment] })).toMatchObject(expected);
  });

  it('accepts lists, which replace', () => {
    const set = ['filter.forbiddenInQuestion=["证明", "box"]', 'filter.forbiddenInQuestion=["box"]'];
    expect(resolveConfig({ set }).filter.forbiddenInQuestion).toEqual(['box']);
  });

  it.each([
    ['solver={ loss = "gspo", dualClip = 0, kl = "k1", klWeight = 0 }'],
    ['solver={ loss = "cispo", dualClip = 0, kl = "k1" }'],
    ['solver={ importanceCorrection = "geometric-mask", importanceLow = 0.99, importanceHigh = 1.01 }'],
    ['challenger={ steps = 6, keepStep = 5 }'],
  ])('%s is valid together', (assignment) => {
    expect(() => resolveConfig({ set: [assignment] })).not.toThrow();
  });

  it('accepts whole tables, which merge', () => {
    const { solver } = resolveConfig({ set: ['solver={ steps = 2, prompts = 3 }', 'solver.steps=4'] });
    expect(solver).toMatchObject({ steps: 4, prompts: 3, groupSize: 8 });
  });

  it.each([['steps'], ['=3'], ['a..b=1'], ['a b=1'], ['solver.=1']])('%s is not key=value', (assignment) => {
    expect(problem({ set: [assignment] }).message).toContain('expected key=value');
  });

  it('an open quote or bracket is reported, and a line break adds no second key', () => {
    expect(problem({ set: ['model="open'] }).message).toContain('--set model="open');
    expect(problem({ set: ['solver=[1,'] }).advice).toContain('bracket');
    expect(problem({ set: ['iterations=1\nseed = 9'] }).message).toContain(
      'iterations: "1\\nseed = 9" is not possible',
    );
  });
});

describe('the engine table', () => {
  const own = ['engine.kind=module', 'engine.path=./mine.js'];

  it('is the local engine if no kind is given, as in configs of earlier versions', () => {
    expect(configSchema.parse({ engine: { slots: 3 } }).engine).toMatchObject({ kind: 'local', slots: 3, threads: 0 });
    expect(configSchema.parse({ engine: { kind: 'local', threads: 2 } }).engine).toMatchObject({ threads: 2 });
  });

  it('of a module has a path and options', () => {
    const { engine } = resolveConfig({ set: [...own, 'engine.options.url="http://localhost"', 'engine.options.n=2'] });
    expect(engine).toEqual({ kind: 'module', path: './mine.js', options: { url: 'http://localhost', n: 2 } });
  });

  it('of another kind than the chosen one is dropped, from a scale, a file or a run’s config', () => {
    const path = file('engine.toml', '[engine]\nkind = "local"\nslots = 5\n');
    const flags = { engine: resolveConfig().engine };
    const { engine } = resolveConfig({ scale: 'paper', files: [path], flags, set: own });
    expect(engine).toEqual({ kind: 'module', path: './mine.js', options: {} });
    expect(resolveConfig({ files: [path], flags: { engine: { kind: 'module', path: 'x.js' } } }).engine.kind).toBe(
      'module',
    );
  });

  it('is unchanged by writing and reading TOML', () => {
    const config = resolveConfig({ set: [...own, 'engine.options.deep={ a = [1, 2] }'] });
    expect(resolveConfig({ files: [file('module.toml', toToml(config))] })).toEqual(config);
  });

  it.each([
    [
      ['engine.kind=remote'],
      'engine.kind: "remote" is not possible; allowed: one of "local", "module", "tinker" (--set)',
    ],
    [['engine.kind=module'], 'engine.path: undefined is not possible; allowed: text, not empty'],
    [['engine.slotz=3'], 'engine.slotz: unknown key (--set); the nearest is engine.slots'],
    [[...own, 'engine.slots=3'], 'engine.slots: unknown key with engine.kind = "module" (--set)'],
    [['engine.path=x.js'], 'engine.path: unknown key with engine.kind = "local" (--set)'],
    [['engine=3'], 'engine: 3 is not possible; allowed: a table with the keys kind, device, threads'],
  ])('%s', (set, message) => {
    expect(problem({ set }).message).toContain(message);
  });
});

describe('prompts', () => {
  const promptOf = (...set: string[]): Partial<RunConfig> => {
    const { template, prompt } = resolveConfig({ set });
    return { template, prompt };
  };

  it('have no variables, ends or date by default', () => {
    expect(promptOf()).toEqual({ template: {}, prompt: { stop: [], system: 'message', date: '' } });
  });

  it('take variables of three types, and dates with and without quotes', () => {
    const set = ['template.enable_thinking=false', 'template.date_string=26 Jul 2024', 'template.effort=0.5'];
    expect(promptOf(...set, 'template.day=2024-07-26', 'prompt.date=2024-07-26')).toEqual({
      template: { enable_thinking: false, date_string: '26 Jul 2024', effort: 0.5, day: '2024-07-26' },
      prompt: { stop: [], system: 'message', date: '2024-07-26' },
    });
    expect(promptOf('prompt.date="2024-07-26"').prompt?.date).toBe('2024-07-26');
  });

  it.each([
    ['template.messages="x"', /template: .* must name variables of letters, digits and _ \(not messages,/],
    ['template.a-b=1', /template: .* must name variables/],
    ['template.range=1', /template: .* must name variables/],
    ['template.tools=["x"]', /template\.tools: \["x"\] is not possible; allowed: a text, a number, true or false/],
    ['template.enable_thinking=False', /enable_thinking: "False" must be written as false/],
    ['template=1', /template: 1 is not possible; allowed: table/],
    ['prompt.date="2024-02-30"', /prompt\.date: "2024-02-30" is not a date/],
    ['prompt.date="today"', /prompt\.date: "today" is not a date/],
    ['prompt.stop="<|im_end|>"', /prompt\.stop: .* allowed: list of texts/],
    ['prompt.stops=[]', /prompt\.stops: unknown key .*; the nearest is prompt\.stop/],
  ])('%s', (set, message) => {
    expect(() => resolveConfig({ set: [set] })).toThrow(message);
  });
});

describe('problems', () => {
  const cases: [string, string][] = [
    ['solver.lerningRate=1', 'solver.lerningRate: unknown key (--set); the nearest is solver.learningRate'],
    ['solvr.steps=1', 'solvr: unknown key (--set); the nearest is solver'],
    ['groupSize=4', 'groupSize: unknown key (--set); the nearest is challenger.groupSize'],
    ['challenger.questions=4', 'the nearest is pool.questions'],
    ['iteration=4', 'the nearest is iterations'],
    ['solver.steps=many', 'solver.steps: "many" is not possible; allowed: whole number, at least 0 (--set)'],
    ['solver.steps=1.5', 'solver.steps: 1.5 is not possible; allowed: whole number, at least 0'],
    ['solver.prompts=0', 'solver.prompts: 0 is not possible; allowed: whole number, at least 1'],
    ['pool.topP=1.5', 'pool.topP: 1.5 is not possible; allowed: number, above 0, at most 1'],
    ['solver.learningRate=nan', 'solver.learningRate: NaN is not possible; allowed: number, above 0'],
    ['solver.learningRate=inf', 'solver.learningRate: Infinity is not possible; allowed: number, above 0'],
    ['domain=""', 'domain: "" is not possible; allowed: text, not empty'],
    ['scale=huge', 'scale: "huge" is not possible; allowed: one of "tiny", "small", "paper"'],
    ['evaluation.forced=1', 'evaluation.forced: 1 is not possible; allowed: true or false'],
    ['model=2024-01-01', 'is not possible; allowed: text, not empty'],
    ['filter=3', 'filter: 3 is not possible; allowed: a table with the keys minAgreement, maxAgreement'],
    ['solver.steps.x=1', 'solver.steps: {"x":1} is not possible; allowed: whole number'],
    ['filter.minAgreement=0.9', 'filter.minAgreement: 0.9 must not be above filter.maxAgreement (--set)'],
    ['monitors.lengthFactor=0.5', 'monitors.lengthFactor: 0.5 must be 0 (off) or at least 1 (--set)'],
    ['filter.forbiddenInLabel=text', 'filter.forbiddenInLabel: "text" is not possible; allowed: list of texts'],
    ['filter.forbiddenInLabel=["a", 3]', 'filter.forbiddenInLabel: ["a",3] is not possible; allowed: list of texts'],
    ['solver.loss=gspo', 'solver.loss: "gspo" has no dual clip'],
    ['challenger.loss=cispo', 'also set dualClip to 0 (--set)'],
    ['solver={ loss = "gspo", dualClip = 0, kl = "k1" }', 'solver.kl: "k1" changes the reward of single tokens'],
    [
      'solver.importanceLow=0.5',
      'solver.importanceLow: 0.5 is only for masks, but importanceCorrection is "none": set it to 0 (--set)',
    ],
    ['solver={ importanceCorrection = "token-truncate", importanceLow = 0.5 }', 'is only for masks'],
    [
      'solver={ importanceCorrection = "token-mask", importanceLow = 3 }',
      'solver.importanceLow: 3 must be below importanceHigh, which is 2',
    ],
    ['challenger.keepStep=6', 'challenger.keepStep: 6 must not be above steps, which is 5 (--set)'],
  ];
  it.each(cases)('%s', (assignment, message) => {
    expect(problem({ set: [assignment] }).message).toContain(message);
  });

  it('are reported together, with their sources', () => {
    const path = file('bad.toml', 'seeed = 1\n[pool]\nquestions = -1\nwhatever_this_is = 2\n');
    const error = problem({ files: [path], set: ['iterations=0'] });
    expect(error.message).toContain('The config has 4 problems:');
    for (const text of [
      `seeed: unknown key (${path})`,
      'pool.questions: -1',
      'pool.whatever_this_is',
      'iterations: 0',
    ]) {
      expect(error.message).toContain(text);
    }
    expect(error.message.split('\n').at(-1)).toBe(error.advice);
  });

  it('bad TOML: file, line, column and excerpt', () => {
    const path = file('broken.toml', 'seed = 1\n[solver]\nsteps = = 3\n');
    const error = problem({ files: [path] });
    expect(error.message).toContain(`${path}:3:9`);
    expect(error.message).toContain('steps = = 3');
    expect(error.advice).toContain('line 3');
  });

  it('a file that is missing', () => {
    expect(problem({ files: [join(root, 'none.toml')] }).message).toContain('Cannot read the config file');
  });

  it('a prototype cannot be reached, from any source', () => {
    const path = file('proto.toml', '["__proto__"]\npolluted = true\n[solver."__proto__"]\npolluted = true\n');
    const flags: ConfigInput = JSON.parse('{"__proto__": {"polluted": true}}');
    const set = ['__proto__.polluted=true', 'solver.__proto__.polluted=true', 'constructor.prototype.polluted=true'];
    const error = problem({ files: [path], flags, set });
    expect(error.message).toContain('solver.__proto__: this key is never allowed (--set)');
    expect(error.message).toContain(`solver.__proto__: this key is never allowed (${path})`);
    expect(error.message).toContain('__proto__: this key is never allowed (flags)');
    expect(error.message).toContain('constructor: unknown key');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('any input is either accepted or rejected with a ConfigError', () => {
    const keys = fc.oneof(fc.constantFrom(...describeConfig().map((key) => key.path)), fc.string());
    fc.assert(
      fc.property(keys, fc.oneof(fc.string(), fc.json()), (key, value) => {
        try {
          resolveConfig({ set: [`${key}=${value}`] });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('toToml', () => {
  it.each(['tiny', 'small', 'paper'] as const)('%s: the file resolves to the same config', (scale) => {
    const config = resolveConfig({
      scale,
      set: ['solver.learningRate=1.2345678901234567e-7', 'model="a \\"b\\" \\\\ c"'],
    });
    expect(resolveConfig({ files: [file(`${scale}.toml`, toToml(config))] })).toEqual(config);
  });
});

describe('half precision of samplers', () => {
  const half = 'engine.samplingPrecision=float16';
  const corrections = (...set: string[]): string[] => {
    const { challenger, solver } = resolveConfig({ set });
    return [challenger.importanceCorrection, solver.importanceCorrection];
  };

  it('corrects the difference to the trainer, unless a setting says otherwise', () => {
    expect(corrections('engine.device=webgpu')).toEqual(['none', 'none']);
    expect(corrections('engine.device=webgpu', half)).toEqual(['token-truncate', 'token-truncate']);
    expect(corrections('engine.device=webgpu', half, 'solver.importanceCorrection=none')).toEqual([
      'token-truncate',
      'none',
    ]);
  });

  it.each(['cpu', 'auto'])('is refused with device %s', (device) => {
    expect(() => resolveConfig({ set: [`engine.device=${device}`, half] })).toThrow(
      'engine.samplingPrecision: "float16" is only for device "webgpu": set it to "float32", or device to "webgpu" (--set)',
    );
  });
});

it('a device belongs to the local engine only', () => {
  expect(resolveConfig({ set: ['engine.device=auto'] }).engine).toMatchObject({ kind: 'local', device: 'auto' });
  expect(() => resolveConfig({ set: ['engine.kind=tinker', 'engine.device=cpu'] })).toThrow(
    'engine.device: unknown key with engine.kind = "tinker"',
  );
});
