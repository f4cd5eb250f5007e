import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { HOSTILE_TEXTS, makeReport } from '../../../test/fixtures/eval-report.ts';
import { modelIndex } from './model-index.ts';
import type { EvalReport } from './report.ts';

/** A report of one task and metric, in which every name is `text`. */
function named(text: string): EvalReport {
  const report = makeReport({ samples: 0 });
  const dataset = { name: text, type: text, config: text, split: text, revision: text };
  const task = { ...report.tasks[0], dataset, metrics: [{ ...report.tasks[0].metrics[0], name: text }] };
  return { ...report, model: text, tasks: [task] };
}

describe('modelIndex', () => {
  it('writes the fields that the hub reads', () => {
    const report = makeReport({ samples: 0 });
    const [task] = report.tasks;
    const small = { ...report, tasks: [{ ...task, metrics: [task.metrics[0], task.metrics[3]] }] };
    expect(modelIndex(small, { name: 'Solver 3', sourceUrl: 'https://example.org/run: 3' })).toBe(`model-index:
- name: Solver 3
  results:
  - task:
      type: text-generation
      name: Text generation
    dataset:
      name: GSM8K
      type: openai/gsm8k
      split: test
      revision: a1b2c3d4
    metrics:
    - type: accuracy
      value: 0.612
      name: "greedy (n = 1319, 95 % interval 0.5857 to 0.6383)"
    - type: pass@4
      value: 0.762
      name: "pass@4 (n = 1319, 95 % interval 0.7390 to 0.7850)"
    source:
      name: rzero eval
      url: "https://example.org/run: 3"
`);
  });

  it('omits unmeasured values, and a source without an address', () => {
    const report = makeReport({ samples: 0 });
    const [task, other] = report.tasks;
    const nothing = { value: Number.NaN, low: 0, high: 1 };
    const unmeasured = { ...task, metrics: [{ ...task.metrics[0], score: nothing }] };
    const block = modelIndex({ ...report, tasks: [unmeasured, { ...other, dataset: null }] });
    const { results } = parse(block)['model-index'][0];
    expect(results).toHaveLength(1);
    expect(results[0].dataset).toEqual({ name: 'MATH-500', type: 'math500' });
    expect(results[0].source).toBeUndefined();
    expect(parse(modelIndex({ ...report, tasks: [] }))).toEqual({
      'model-index': [{ name: report.model, results: [] }],
    });
  });

  const words = ['null', '~', 'no', 'Yes', 'ON', 'y', '1e3', '0x1f', '12:30:45', '2026-01-01', '- a', 'a: b', 'a #b'];
  const marks = [
    '',
    ' ',
    '@a',
    '`a`',
    '%a',
    '&a',
    '*a',
    '!a',
    '|',
    '>',
    '[a]',
    '{a}',
    '---',
    '...',
    '"',
    "'",
    'a:',
    '?',
    '=',
  ];
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(...words, ...marks, ...HOSTILE_TEXTS, '\ufeff', '\u0085', '\u2028', 'a\nb', 'a\\nb', '.inf', '<<'),
    fc.stringMatching(/^[\w .,:;#@&*!|>%`~?=+\-[\]{}'"\\/]{0,20}$/),
  );

  it.each(['1.1', '1.2'] as const)('round-trips any names (YAML %s)', (version) => {
    fc.assert(
      fc.property(text, (name) => {
        const sound = name.replace(/\p{Surrogate}/gu, '\ufffd');
        const block = modelIndex(named(name), { sourceUrl: name });
        expect(block).not.toMatch(/[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u);
        const [model] = parse(block, { version })['model-index'];
        expect(model.name).toBe(sound);
        const [{ dataset, metrics, source }] = model.results;
        expect(dataset).toEqual({ name: sound, type: sound, config: sound, split: sound, revision: sound });
        expect(metrics[0].name).toBe(`${sound} (n = 1319, 95 % interval 0.5857 to 0.6383)`);
        expect(metrics[0].value).toBe(0.612);
        expect(source).toEqual({ name: 'rzero eval', url: sound });
      }),
      { numRuns: 400 },
    );
  });
});
