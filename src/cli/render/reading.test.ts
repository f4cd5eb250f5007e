import { describe, expect, it } from 'vitest';
import { iteration, scores, summary } from '../../../test/fixtures/run-summary.ts';
import { reading } from './reading.ts';

describe('reading', () => {
  it('separates elicitation from sharpening', () => {
    const text = reading(summary([iteration(0, 0.372, 0.57), iteration(1, 0.58, 0.62), iteration(2, 0.622, 0.64)]));
    expect(text).toBe(
      'The model improved: after iteration 2, 62.2 % of sampled answers to held-out questions are right, against 37.2 % ' +
        'for the base (+25.0 points [+21.2, +28.8], paired p < 0.001). The base scores 57.0 % when it is made to show ' +
        'its steps, so up to 79 % of the gain may be elicitation. With steps forced for both, the gain is +7.0 points ' +
        '[+4.8, +9.2], p < 0.001: this part is sharpening. Iteration 2 is kept as best, chosen without true labels.',
    );
  });

  it('reports no gain when chance explains it', () => {
    const rows = [iteration(0, 0.5), iteration(1, 0.504)];
    rows[0].evaluation.perQuestion = scores(500, 0.5);
    rows[1].evaluation.perQuestion = scores(500, 0.504, 3);
    expect(reading(summary(rows))).toMatch(
      /^No significant change: .* 50\.4 % of .* 50\.0 % for the base .*\. Iteration 1 is kept/,
    );
  });

  it('reports a loss, and the iteration with the highest score', () => {
    const text = reading(summary([iteration(0, 0.6), iteration(1, 0.55), iteration(2, 0.4)]));
    expect(text).toMatch(/^The model got worse: .* 40\.0 % of .* 60\.0 % for the base /);
    expect(text).toMatch(/iteration 1 has the highest score \(55\.0 %\)\.$/);
  });

  it('reports when there is no evidence of sharpening', () => {
    const text = reading(summary([iteration(0, 0.3, 0.6), iteration(1, 0.6, 0.6)]));
    expect(text).toContain('so up to 100 % of the gain may be elicitation');
    expect(text).toContain('no evidence of sharpening');
  });

  it('reports nothing known without an evaluation or an iteration', () => {
    const blind = [iteration(0, 0), iteration(1, 0)];
    for (const row of blind) row.evaluation = { ...row.evaluation, questions: 0, perQuestion: [] };
    expect(reading(summary(blind))).toMatch(/^No held-out questions were evaluated/);
    expect(reading(summary([iteration(0, 0.4)]))).toMatch(/^No iteration has finished/);
  });

  it('does not compare different tests', () => {
    const rows = [iteration(0, 0.4), iteration(1, 0.6)];
    rows[1].evaluation.perQuestion = scores(100, 0.6);
    expect(reading(summary(rows))).toMatch(/^No verdict: .* not measured on the same questions/);
  });

  it('names the base when the label-free criterion prefers it', () => {
    expect(reading(summary([iteration(0, 0.5), iteration(1, 0.45)], { best: 0 }))).toContain(
      'The label-free criterion prefers the base',
    );
  });
});
