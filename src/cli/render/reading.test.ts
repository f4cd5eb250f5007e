import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iteration, scores, summary } from '../../../test/fixtures/run-summary.ts';
import type { IterationSummary } from '../../events.ts';
import { width } from './format.ts';
import { oddsOf, reading, type ReadRun } from './reading.ts';

/** A run whose base and newest iteration have these scores, and its reading at 80 columns. */
function read(rows: readonly IterationSummary[], change: Partial<ReadRun> = {}): string {
  return `\n${reading({ ...summary([...rows]), ...change }, 80).join('\n')}\n`;
}

/** A test of 60 questions with this share of right answers. */
function small(index: number, mean: number, shift = 0): IterationSummary {
  const row = iteration(index, mean);
  return { ...row, evaluation: { ...row.evaluation, questions: 60, perQuestion: scores(60, mean, shift) } };
}

const USAGE = { requests: 3, sampledTokens: 9, prefilledTokens: 9, trainedTokens: 9, cost: null };

describe('the reading of a run', () => {
  it('that improved separates elicitation from sharpening', () => {
    expect(read([iteration(0, 0.372, 0.57), iteration(1, 0.58, 0.62), iteration(2, 0.622, 0.64)]))
      .toMatchInlineSnapshot(`
        "
        The model improved: 37.2 % of the base's answers to held-out questions are
        right, and 62.2 % after iteration 2 (+25.0 points).
          95 % interval of the difference: +21.2 to +28.8 points. Chance alone gives a
          difference this large less than once in 1,000 times (p < 0.001).
          The base reaches 57.0 % if it is made to show its steps, so up to 79 % of the
          gain may be elicitation. With steps forced for both, the gain is +7.0 points
          [+4.8, +9.2], p < 0.001: this part is sharpening.
          Iteration 2 is kept as best, chosen without true labels.

        It does not show
        - what another seed gives: single runs vary by several points.
        - other subjects: the test is 500 questions of the domain arithmetic.
        - what true labels would give: of iteration 2's labels, 74.4 % were right.
        "
      `);
  });

  it('that improved only as far as the base does with its steps shown', () => {
    expect(read([iteration(0, 0.3, 0.6), iteration(1, 0.6, 0.6)])).toMatchInlineSnapshot(`
      "
      The model improved: 30.0 % of the base's answers to held-out questions are
      right, and 60.0 % after iteration 1 (+30.0 points).
        95 % interval of the difference: +25.9 to +34.1 points. Chance alone gives a
        difference this large less than once in 1,000 times (p < 0.001).
        The base reaches 60.0 % if it is made to show its steps, so up to 100 % of the
        gain may be elicitation. With steps forced for both, there is no clear gain
        (±0.0 points [±0.0, ±0.0], p = 1.000), so no evidence of sharpening.
        Iteration 1 is kept as best, chosen without true labels.

      It does not show
      - what another seed gives: single runs vary by several points.
      - other subjects: the test is 500 questions of the domain arithmetic.
      - what true labels would give: of iteration 1's labels, 74.7 % were right.
      "
    `);
  });

  it('without a clear change says what the test cannot see', () => {
    expect(read([small(0, 0.5), small(1, 0.55, 3)])).toMatchInlineSnapshot(`
      "
      No clear change: 50.0 % of the base's answers to held-out questions are right,
      and 55.0 % after iteration 1 (+5.0 points).
        95 % interval of the difference: ±0.0 to +10.7 points. Chance alone gives a
        difference this large about 25 times in 100 (p = 0.250). With 60 questions,
        this test cannot see less than about 5 points.
        Iteration 1 is kept as best, chosen without true labels.

      It does not show
      - what another seed gives: single runs vary by several points.
      - other subjects: the test is 60 questions of the domain arithmetic.
      - what true labels would give: of iteration 1's labels, 74.7 % were right.
      "
    `);
  });

  it('that got worse names the iteration with the highest score', () => {
    expect(read([iteration(0, 0.6), iteration(1, 0.55), iteration(2, 0.4)])).toMatchInlineSnapshot(`
      "
      The model got worse: 60.0 % of the base's answers to held-out questions are
      right, and 40.0 % after iteration 2 (−20.0 points).
        95 % interval of the difference: −23.5 to −16.5 points. Chance alone gives a
        difference this large less than once in 1,000 times (p < 0.001).
        Iteration 2 is kept as best, chosen without true labels, but iteration 1 has
        the highest score (55.0 %).

      It does not show
      - what another seed gives: single runs vary by several points.
      - other subjects: the test is 500 questions of the domain arithmetic.
      - what true labels would give: of iteration 2's labels, 74.4 % were right.
      "
    `);
  });

  it('that a monitor ended', () => {
    expect(read([iteration(0, 0.6), iteration(1, 0.4)], { outcome: 'collapsed' })).toMatchInlineSnapshot(`
      "
      The model got worse: 60.0 % of the base's answers to held-out questions are
      right, and 40.0 % after iteration 1 (−20.0 points).
        95 % interval of the difference: −23.5 to −16.5 points. Chance alone gives a
        difference this large less than once in 1,000 times (p < 0.001).
        Iteration 1 is kept as best, chosen without true labels.

      It does not show
      - the phase that a monitor ended: these scores are of the iterations before.
      - what another seed gives: single runs vary by several points.
      - other subjects: the test is 500 questions of the domain arithmetic.
      - what true labels would give: of iteration 1's labels, 74.7 % were right.
      "
    `);
  });

  it('that ended with too few questions', () => {
    expect(read([iteration(0, 0.4), iteration(1, 0.5)], { outcome: 'too-few-questions' })).toMatchInlineSnapshot(`
      "
      The model improved: 40.0 % of the base's answers to held-out questions are
      right, and 50.0 % after iteration 1 (+10.0 points).
        95 % interval of the difference: +7.4 to +12.6 points. Chance alone gives a
        difference this large less than once in 1,000 times (p < 0.001).
        Iteration 1 is kept as best, chosen without true labels.

      It does not show
      - later iterations: too few questions passed the filter to go on.
      - what another seed gives: single runs vary by several points.
      - other subjects: the test is 500 questions of the domain arithmetic.
      - what true labels would give: of iteration 1's labels, 74.7 % were right.
      "
    `);
  });

  it('that was stopped, before a best iteration is chosen', () => {
    const rows = [iteration(0, 0.4), iteration(1, 0.55), iteration(2, 0.5)];
    expect(read(rows, { outcome: 'stopped', best: null })).toMatchInlineSnapshot(`
      "
      The model improved: 40.0 % of the base's answers to held-out questions are
      right, and 50.0 % after iteration 2 (+10.0 points).
        95 % interval of the difference: +7.4 to +12.6 points. Chance alone gives a
        difference this large less than once in 1,000 times (p < 0.001).
        Iteration 1 has the highest score (55.0 %).

      It does not show
      - the rest of the run: it was stopped, and only finished iterations count.
      - what another seed gives: single runs vary by several points.
      - other subjects: the test is 500 questions of the domain arithmetic.
      - what true labels would give: of iteration 2's labels, 74.4 % were right.
      "
    `);
  });

  it('that was supervised', () => {
    const rows = [iteration(0, 0.4), { ...iteration(1, 0.5), labels: null }];
    expect(read(rows, { supervised: true })).toMatchInlineSnapshot(`
      "
      The model improved: 40.0 % of the base's answers to held-out questions are
      right, and 50.0 % after iteration 1 (+10.0 points).
        95 % interval of the difference: +7.4 to +12.6 points. Chance alone gives a
        difference this large less than once in 1,000 times (p < 0.001).

      It does not show
      - what another seed gives: single runs vary by several points.
      - other subjects: the test is 500 questions of the domain arithmetic.
      - what the model learns by itself: the answers were given.
      "
    `);
  });

  it('on a service, of a domain without an oracle', () => {
    const rows = [iteration(0, 0.4), { ...iteration(1, 0.5), labels: null }];
    expect(read(rows, { usage: USAGE })).toMatchInlineSnapshot(`
      "
      The model improved: 40.0 % of the base's answers to held-out questions are
      right, and 50.0 % after iteration 1 (+10.0 points).
        95 % interval of the difference: +7.4 to +12.6 points. Chance alone gives a
        difference this large less than once in 1,000 times (p < 0.001).
        Iteration 1 is kept as best, chosen without true labels.

      It does not show
      - what another seed gives: single runs vary by several points.
      - other subjects: the test is 500 questions of the domain arithmetic.
      - how many labels were right: no oracle checked these majority votes.
      - a repeat: a service need not give the same numbers for the same seed.
      "
    `);
  });

  it('whose base is preferred by the label-free criterion', () => {
    expect(read([iteration(0, 0.5), iteration(1, 0.45)], { best: 0 })).toContain(
      'The label-free criterion prefers the base, but iteration 1 has the highest',
    );
  });

  it('whose tests differ gives no verdict', () => {
    const rows = [iteration(0, 0.4), iteration(1, 0.6)];
    rows[1].evaluation.perQuestion = scores(100, 0.6);
    expect(read(rows)).toMatch(/^\nNo verdict: [^]* not measured on the same questions\./);
  });

  it('without an evaluation or an iteration says that nothing is known', () => {
    const blind = [iteration(0, 0), iteration(1, 0)];
    for (const row of blind) row.evaluation = { ...row.evaluation, questions: 0, perQuestion: [] };
    expect(read(blind)).toMatch(/^\nNo held-out questions were evaluated/);
    expect(read([iteration(0, 0.4)])).toMatch(/^\nNo iteration has finished/);
  });

  it('has few lines, none wider than the terminal', () => {
    const share = fc.integer({ min: 5, max: 75 }).map((percent) => percent / 100);
    fc.assert(
      fc.property(share, share, share, share, fc.integer({ min: 40, max: 110 }), (a, b, c, d, columns) => {
        const lines = reading(
          { ...summary([iteration(0, a, b), iteration(1, d, c), iteration(2, c, d)]), usage: USAGE },
          columns,
        );
        expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(columns);
        if (columns >= 80) expect(lines.length).toBeLessThanOrEqual(15);
      }),
      { numRuns: 30 },
    );
  });
});

it.each([
  [0.00004, 'less than once in 1,000 times'],
  [0.0012, 'about once in 1,000 times'],
  [0.0049, 'about 5 times in 1,000'],
  [0.012, 'about once in 100 times'],
  [0.3, 'about 30 times in 100'],
  [1, 'in most cases'],
])('says a p-value of %d as %s', (p, words) => {
  expect(oddsOf(p)).toBe(words);
});
