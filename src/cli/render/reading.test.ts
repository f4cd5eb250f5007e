import { describe, expect, it } from 'vitest';
import { iteration, scores, summary } from '../../../test/fixtures/run-summary.ts';
import { reading } from './reading.ts';

describe('reading', () => {
  it('separates elicitation from sharpening', () => {
    const text = reading(summary([iteration(0, 0.372, 0.57), iteration(1, 0.58, 0.62), iteration(2, 0.622, 0.64)]));
    expect(text).toBe(
      'It improved: sampled answers on held-out questions went from 37.2 % to 62.2 % right after iteration 2 ' +
        '(+25.0 points [+21.2, +28.8], paired p < 0.001); the base itself scores 57.0 % when it is made to show steps, ' +
        'so up to 79 % of that gain may be elicitation; with steps forced on both sides it still gains +7.0 points ' +
        '[+4.8, +9.2], p < 0.001: that part is sharpening; iteration 2 is the one kept as best, chosen without any true label.',
    );
  });

  it('claims no gain that chance explains', () => {
    const rows = [iteration(0, 0.5), iteration(1, 0.504)];
    rows[0].evaluation.perQuestion = scores(500, 0.5);
    rows[1].evaluation.perQuestion = scores(500, 0.504, 3);
    expect(reading(summary(rows))).toMatch(
      /^No reliable change: .* from 50\.0 % to 50\.4 % .*which chance explains; iteration 1 is the one kept/,
    );
  });

  it('says so when the model got worse, and which iteration scored highest', () => {
    const text = reading(summary([iteration(0, 0.6), iteration(1, 0.55), iteration(2, 0.4)]));
    expect(text).toMatch(/^It got worse: .* from 60\.0 % to 40\.0 % /);
    expect(text).toMatch(/iteration 1 scored highest here \(55\.0 %\)\.$/);
  });

  it('says when sharpening cannot be told from chance', () => {
    const text = reading(summary([iteration(0, 0.3, 0.6), iteration(1, 0.6, 0.6)]));
    expect(text).toContain('so up to 100 % of that gain may be elicitation');
    expect(text).toContain('no sharpening can be told from chance');
  });

  it('does not pretend to know without an evaluation or an iteration', () => {
    const blind = [iteration(0, 0), iteration(1, 0)];
    for (const row of blind) row.evaluation = { ...row.evaluation, questions: 0, perQuestion: [] };
    expect(reading(summary(blind))).toMatch(/^Nothing was measured/);
    expect(reading(summary([iteration(0, 0.4)]))).toMatch(/^No iteration was finished/);
  });

  it('does not compare different tests', () => {
    const rows = [iteration(0, 0.4), iteration(1, 0.6)];
    rows[1].evaluation.perQuestion = scores(100, 0.6);
    expect(reading(summary(rows))).toMatch(/^No verdict: .* not measured on the same questions/);
  });

  it('names the base when the label-free criterion prefers it', () => {
    expect(reading(summary([iteration(0, 0.5), iteration(1, 0.45)], { best: 0 }))).toContain(
      'the label-free criterion prefers the base',
    );
  });
});
