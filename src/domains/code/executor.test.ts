import { afterAll, describe, expect, it } from 'vitest';
import { code } from './domain.ts';
import { openCodeExecutor } from './executor.ts';
import { heldOut } from './held-out.ts';
import { readSheet } from './sheet.ts';

const executor = openCodeExecutor();
afterAll(() => executor.close());

const posed = (task: string, program: string, inputs: string, message = ''): string =>
  `task: ${task}\n\`\`\`js\n${program}\n\`\`\`\n\`\`\`input\n${inputs}\n\`\`\`\n${message === '' ? '' : `\`\`\`message\n${message}\n\`\`\`\n`}`;
const ADD = 'function f(a, b) { return a + b; }';

describe('a posed question', () => {
  it('gets its outputs computed', async () => {
    const { text, invalid } = await executor.parseQuestion(
      posed('find-program', ADD, '1,2\n3,4\n5,6\n"a","b"', 'Adds\nits arguments.'),
    );
    expect(invalid).toBeNull();
    expect(readSheet(text)).toEqual({
      task: 'find-program',
      program: ADD,
      shown: [
        { input: '1, 2', output: '3' },
        { input: '3, 4', output: '7' },
      ],
      hidden: [
        { input: '5, 6', output: '11' },
        { input: '"a", "b"', output: '"ab"' },
      ],
      message: 'Adds its arguments.',
    });
  });

  it.each([
    ['no-question', 'function f() {}'],
    ['no-question', posed('guess-output', ADD, '1, 2')],
    ['truncated', 'task: predict-output\n```js\nfunction f() {'],
    ['ill-formed', posed('predict-output', ADD, '1, 2\n3, 4')],
    ['ill-formed', posed('predict-output', ADD, 'f(1), 2')],
    ['ill-formed', posed('find-program', ADD, '1, 2\n3, 4\n5, 6')],
    ['ill-formed', posed('find-program', ADD, '1, 2\n1, 2\n1, 2\n1, 2')],
    ['ill-formed', posed('predict-output', `${ADD} // <|im_end|>`, '1, 2')],
    ['ill-formed', posed('predict-output', `${ADD} //${'x'.repeat(5000)}`, '1, 2')],
    ['not-computable', posed('predict-output', 'function g() { return 1; }', '1')],
    ['not-computable', posed('predict-output', 'function f() { return Math.random(); }', '1')],
    ['not-computable', posed('predict-output', 'function f(a) { return a.b.c; }', '1')],
    ['not-computable', posed('predict-output', 'function f(a) { return f; }', '1')],
    ['not-computable', posed('find-program', 'function f(a) { if (a > 3) throw a; return a; }', '1\n2\n3\n4')],
  ] as const)('is invalid: %s (%j)', async (invalid, completion) => {
    expect(await executor.parseQuestion(completion)).toEqual({ text: '', claimed: null, invalid });
  });
});

describe('an answer', () => {
  const questionOf = async (task: string, program: string, inputs: string): Promise<string> =>
    (await executor.parseQuestion(posed(task, program, inputs))).text;
  const isRight = async (question: string, answer: string): Promise<boolean> =>
    (await executor.outcome(question, answer)) === code.truth(question);

  it('to predict-output is the value, however it is written', async () => {
    const question = await questionOf(
      'predict-output',
      'function f(a) { return { b: [a, -0, NaN], a: undefined }; }',
      '2',
    );
    expect(await isRight(question, '{a: undefined, b: [2.0, 0, NaN]}')).toBe(true);
    expect(await isRight(question, '{b: [2, 0, NaN]}')).toBe(false);
    expect(await executor.outcome(question, 'f(2)')).toBeNull();
  });

  it('to find-input is any input that gives the output, and never code', async () => {
    const question = await questionOf('find-input', 'function f(a) { return a * a; }', '3');
    expect(await isRight(question, '3')).toBe(true);
    expect(await isRight(question, '-3')).toBe(true);
    expect(await isRight(question, '4')).toBe(false);
    expect(await executor.outcome(question, '4')).toBe('16');
    expect(await executor.outcome(question, '(f = () => 9, 1)')).toBeNull();
    expect(await executor.outcome(question, '3); (f = () => 9)(3')).toBeNull();
    expect(await isRight(await questionOf('find-input', 'function f() { return 7; }', ''), '')).toBe(true);
  });

  it('to find-program must reproduce the hidden pairs too', async () => {
    const question = await questionOf('find-program', ADD, '1, 2\n3, 4\n5, 6\n10, 10');
    expect(await isRight(question, 'const f = (x, y) => y + x;')).toBe(true);
    expect(await isRight(question, 'function f(a) { return a === 1 ? 3 : 7; }')).toBe(false);
    expect(await executor.outcome(question, 'function f(a) { return a === 1 ? 3 : 7; }')).toBe('[3, 7, 7, 7]');
    expect(await executor.outcome(question, 'function f() { for (;;); }')).toBeNull();
    expect(await executor.outcome(question, 'not a program')).toBeNull();
  });

  it('to a text that is no question leads to nothing', async () => {
    expect(await executor.outcome('Compute 1 + 1.', '2')).toBeNull();
  });
});

it('agrees with the held-out test, whose outputs are computed without it', async () => {
  for (const { text, answer } of heldOut(90)) {
    const sheet = readSheet(text);
    const outcome =
      sheet?.task === 'find-input' ? sheet.shown[0].input : sheet?.task === 'find-program' ? sheet.program : answer;
    expect(await executor.outcome(text, outcome ?? '')).toBe(answer);
    if (sheet?.task === 'predict-output') {
      const asInput = text.replace('predict-output', 'find-input');
      expect(await executor.outcome(asInput, sheet.shown[0].input)).toBe(answer);
    }
  }
});
