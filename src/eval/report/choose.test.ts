import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../test/fixtures/eval-report.ts';
import { fitReport } from './fit-report.ts';
import type { CompletionReport, SampleReport, SampleVerdict } from './report.ts';
import { chooseSamples, classOf, SAMPLE_LIMITS } from './choose.ts';

const verdict = fc.constantFrom<SampleVerdict>('right', 'wrong', 'undecided', 'unparsable');

function sampleOf(at: number, verdicts: readonly SampleVerdict[], text = 'text'): SampleReport {
  const completions = verdicts.map((one): CompletionReport => ({
    mode: 'sampled',
    text,
    tokens: 1,
    answer: 'a',
    verdict: one,
    reason: '',
    judged: null,
  }));
  return { id: String(at), question: 'q', reference: 'r', prompt: [], replies: completions.length, completions };
}

const lists = fc
  .array(fc.array(verdict, { minLength: 1, maxLength: 6 }), { maxLength: 60 })
  .map((all) => all.map((verdicts, at) => sampleOf(at, verdicts)));

describe('the choice of samples', () => {
  it('fills all places, keeps the order, and includes every class', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 3, max: 40 }), (samples, places) => {
        const chosen = chooseSamples(samples, { ...SAMPLE_LIMITS, samples: places });
        expect(chosen).toHaveLength(Math.min(places, samples.length));
        const ids = chosen.map(({ id }) => Number(id));
        expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        for (const kind of ['right', 'wrong', 'undecided'] as const) {
          const there = samples.filter((sample) => classOf(sample.completions) === kind).length;
          const kept = chosen.filter(({ id }) => classOf(samples[Number(id)].completions) === kind).length;
          expect(kept).toBeGreaterThanOrEqual(Math.min(there, Math.floor(places / 3)));
        }
      }),
    );
  });

  it('spreads evenly', () => {
    const samples = Array.from({ length: 1000 }, (_, at) => sampleOf(at, ['right']));
    const ids = chooseSamples(samples, { ...SAMPLE_LIMITS, samples: 4 }).map(({ id }) => Number(id));
    expect(ids).toEqual([0, 250, 500, 750]);
  });

  it('keeps one reply of every verdict, starting with the first reply', () => {
    const [one] = chooseSamples([sampleOf(0, ['right', 'right', 'right', 'right', 'wrong', 'undecided'])], {
      ...SAMPLE_LIMITS,
      completions: 3,
    });
    expect(one.completions.map((completion) => completion.verdict)).toEqual(['right', 'wrong', 'undecided']);
  });

  it('selects fewer samples if texts are long', () => {
    const samples = Array.from({ length: 50 }, (_, at) => sampleOf(at, ['right'], 'x'.repeat(9000)));
    const limits = { samples: 50, completions: 1, characters: 5000, taskCharacters: 50_000 };
    const chosen = chooseSamples(samples, limits);
    expect(chosen.length).toBeGreaterThan(5);
    expect(chosen.length).toBeLessThanOrEqual(10);
    expect(chooseSamples(samples, { ...limits, taskCharacters: 10 })).toHaveLength(1);
  });

  it('fits a report: samples, replies and texts', () => {
    const report = makeReport({ samples: 30, completions: 7, baseline: false });
    const [task] = fitReport(report, { samples: 9, completions: 2, characters: 100 }).tasks;
    expect(task.samples).toHaveLength(9);
    for (const { completions, replies, question } of task.samples) {
      expect(replies - completions.length).toBe(5);
      expect(question.length).toBeLessThan(140);
    }
    const [{ completions }] = task.samples;
    expect(completions[0].text).toMatch(
      /^There are \d+ rows[^]{20,80}\n\[… \d+ characters left out …\]\n[^]{0,60}\}\.$/,
    );
    expect(fitReport(report)).toEqual({
      ...report,
      tasks: report.tasks.map((one) => ({ ...one, samples: chooseSamples(one.samples, SAMPLE_LIMITS) })),
    });
  });
});
