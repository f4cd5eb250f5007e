import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../errors.ts';
import { fencedBlocks } from './blocks.ts';
import { code } from './domain.ts';
import { HELD_OUT, heldOut, isHeldOutProgram } from './held-out.ts';
import { challengerMessages, solverMessages } from './prompts.ts';
import { readAnswer } from './read.ts';
import { readSheet, type Sheet, TASKS, writeSheet } from './sheet.ts';
import { programKey, tokensOf } from './tokens.ts';

const sheetsOf = (questions: readonly { text: string }[]): Sheet[] =>
  questions.flatMap(({ text }) => readSheet(text) ?? []);

describe('the held-out test', () => {
  const sheets = sheetsOf(heldOut(HELD_OUT));

  it('has all tasks in equal parts, on distinct programs', () => {
    expect(sheets.length).toBe(HELD_OUT);
    expect(TASKS.map((task) => sheets.filter((sheet) => sheet.task === task).length)).toEqual([200, 200, 200]);
    expect(new Set(sheets.map(({ program }) => programKey(program))).size).toBe(HELD_OUT);
    expect(heldOut(HELD_OUT + 1).length).toBe(HELD_OUT);
    expect(heldOut(2)).toEqual(heldOut(HELD_OUT).slice(0, 2));
  });

  it('knows its programs under other names, spaces and tasks', () => {
    const [{ program }] = sheets;
    const disguised = `// new\n${program.replaceAll(/\b(n|items|text)\b/g, 'whatever').replaceAll('  ', '\t')}`;
    expect(disguised).not.toBe(program);
    const other: Sheet = {
      task: 'find-input',
      program: disguised,
      shown: [{ input: '1', output: '1' }],
      hidden: [],
      message: '',
    };
    expect(code.heldOut.includes(writeSheet(other))).toBe(true);
    expect(code.heldOut.includes(writeSheet({ ...other, program: program.replace('return', 'return 1 +') }))).toBe(
      false,
    );
    expect(code.heldOut.includes('no question')).toBe(false);
  });
});

describe('questions with answers', () => {
  it('are distinct, not in the test, and depend on the seed', () => {
    const questions = code.generate(60, 5);
    const sheets = sheetsOf(questions);
    expect(sheets.length).toBe(60);
    expect(new Set(sheets.map(({ program }) => programKey(program))).size).toBe(60);
    expect(sheets.filter(({ program }) => isHeldOutProgram(program))).toEqual([]);
    expect(code.generate(60, 5)).toEqual(questions);
    expect(code.generate(60, 6)).not.toEqual(questions);
    expect(questions.map(({ text, answer }) => code.truth(text) === answer)).not.toContain(false);
  });

  it('are limited in number', () => {
    expect(() => code.generate(5001, 1)).toThrow(ConfigError);
  });
});

describe("the Challenger's prompt", () => {
  it('asks for every task, by the seed, with programs that are not in the test', () => {
    const contents = Array.from({ length: 30 }, (_, seed) => challengerMessages(seed)[1].content);
    for (const task of TASKS)
      expect(contents.filter((text) => text.includes(`task: ${task}\n`)).length).toBeGreaterThan(3);
    const programs = contents.flatMap((text) =>
      fencedBlocks(text).filter(({ content }) => content.startsWith('function')),
    );
    expect(programs.length).toBe(60);
    expect(programs.filter(({ content }) => isHeldOutProgram(content))).toEqual([]);
    expect(challengerMessages(3)).toEqual(challengerMessages(3));
  });
});

describe("the Solver's prompt", () => {
  const sheet: Sheet = {
    task: 'predict-output',
    program: 'function f(a) { return a + 111; }',
    shown: [{ input: '222', output: '333' }],
    hidden: [],
    message: '',
  };
  const promptOf = (over: Partial<Sheet>): string => solverMessages(writeSheet({ ...sheet, ...over }))[1].content;

  it('hides the output, the input, or the program with the hidden pairs', () => {
    const seen = (text: string): string[] =>
      ['111', '222', '333', '444', '555'].filter((number) => text.includes(number));
    expect(seen(promptOf({}))).toEqual(['111', '222']);
    expect(seen(promptOf({ task: 'find-input' }))).toEqual(['111', '333']);
    const hidden = [{ input: '444', output: '555' }];
    const program = promptOf({ task: 'find-program', hidden, message: 'Adds something.' });
    expect(seen(program)).toEqual(['222', '333']);
    expect(program).toContain('Adds something.');
  });

  it('reads the last fenced block as the answer', () => {
    expect(readAnswer('First\n```js\nf(1)\n```\nso\n```\n[1, 2]\n```')).toBe('[1, 2]');
    expect(readAnswer('```\n5')).toBeNull();
    expect(readAnswer('```\n```')).toBeNull();
    expect(readAnswer('5')).toBeNull();
  });
});

it('compares answers as data, and other texts as texts', () => {
  expect(code.equal('{a: 1, b: 2}', '{"b": 2, "a": 1.0}')).toBe(true);
  expect(code.equal('[1, 2]', '[2, 1]')).toBe(false);
  expect(code.equal('1/2', '0.5')).toBe(false);
  expect(code.equal(' f() ', 'f()')).toBe(true);
});

it('measures the difficulty in tokens', () => {
  expect(tokensOf('function f(a) { return a.b + 1; }')).toEqual([
    'function',
    '$0',
    '(',
    '$1',
    ')',
    '{',
    'return',
    '$1',
    '.',
    'b',
    '+',
    '1',
    ';',
    '}',
  ]);
  const [{ text }] = heldOut(1);
  expect(code.difficulty.of(text)).toBe(tokensOf(readSheet(text)?.program ?? '')?.length);
  expect(code.difficulty.of('Compute 1 + 1.')).toBeNull();
});
