import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalData } from './literal.ts';
import { expectedOutcome, readSheet, type Sheet, writeSheet } from './sheet.ts';

const PREDICT: Sheet = {
  task: 'predict-output',
  program: 'function f(a) {\n  return a;\n}',
  shown: [{ input: '"in: 1"', output: '"in: 1"' }],
  hidden: [],
  message: '',
};
const PROGRAM: Sheet = {
  task: 'find-program',
  program: 'function f(a, b) { return a + b; }',
  shown: [{ input: '1, 2', output: '3' }],
  hidden: [{ input: '4, 5', output: '9' }],
  message: 'in: 1',
};

describe('a question', () => {
  it('has the form that the guide shows', () => {
    expect(writeSheet(PROGRAM).split('\n')).toEqual([
      'find-program',
      'message: in: 1',
      'in: 1, 2',
      'out: 3',
      'hidden in: 4, 5',
      'hidden out: 9',
      'program:',
      'function f(a, b) { return a + b; }',
    ]);
  });

  it('is read as it was written, whatever the program and the data contain', () => {
    const data = fc
      .string({ unit: 'binary', maxLength: 40 })
      .map((text) => canonicalData(JSON.stringify(text)) ?? '""');
    const pair = fc.record({ input: data, output: data });
    const program = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('program:\nin: 1\nout: 2', 'hidden in: 1', '\nprogram:\n'),
    );
    fc.assert(
      fc.property(program, fc.array(pair, { minLength: 1, maxLength: 3 }), (source, pairs) => {
        const sheet = { ...PROGRAM, program: source, shown: pairs, hidden: pairs };
        expect(readSheet(writeSheet(sheet))).toEqual(sheet);
        const single = { ...PREDICT, program: source, shown: pairs.slice(0, 1) };
        expect(readSheet(writeSheet(single))).toEqual(single);
      }),
    );
  });

  it('expects the output, or all outputs in order', () => {
    expect(expectedOutcome(writeSheet(PREDICT))).toBe('"in: 1"');
    expect(expectedOutcome(writeSheet(PROGRAM))).toBe('[3, 9]');
    expect(expectedOutcome('What is 1 + 1?')).toBeNull();
  });

  it.each([
    ['no program', 'predict-output\nin: 1\nout: 1'],
    ['an unknown task', 'guess\nin: 1\nout: 1\nprogram:\nx'],
    ['no pair', 'predict-output\nprogram:\nx'],
    ['an input without output', 'predict-output\nin: 1\nprogram:\nx'],
    ['data that is not canonical', 'predict-output\nin: 1.0\nout: 1\nprogram:\nx'],
    ['an output that is no data', 'predict-output\nin: 1\nout: f(1)\nprogram:\nx'],
    ['two pairs where one is asked', 'predict-output\nin: 1\nout: 1\nin: 2\nout: 2\nprogram:\nx'],
    ['no hidden pair to find a program', 'find-program\nin: 1\nout: 1\nprogram:\nx'],
    ['another line', 'predict-output\nin: 1\nout: 1\nanswer: 1\nprogram:\nx'],
    ['a long program', `predict-output\nin: 1\nout: 1\nprogram:\n${'x'.repeat(5000)}`],
  ])('is none with %s', (_, text) => {
    expect(readSheet(text)).toBeNull();
  });
});
