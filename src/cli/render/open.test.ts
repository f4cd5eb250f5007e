import { describe, expect, it } from 'vitest';
import type { OpenIteration } from '../../events.ts';
import { width } from './format.ts';
import { openLegend, openReading, openTable } from './open.ts';

const TASKS = Array.from({ length: 40 }, (_, at) => 0.5 + (at % 5) / 100);

function row(iteration: number, over: Partial<OpenIteration['result']> = {}): OpenIteration {
  const perTask = TASKS.map((one) => one + iteration / 10);
  const result = {
    iteration,
    tasks: 40,
    samples: 8,
    mean: { value: 0.52 + iteration / 10, low: 0.5, high: 0.55 },
    byCriterion: { opening: 0.9 - iteration * 0.1, grammar: 0.4 + iteration * 0.3 },
    variety: 0.6,
    characters: 104.4,
    likelihood: -0.61,
    consensus: 0.25,
    truncated: 0,
    perTask,
    ...over,
  };
  return { iteration, result, kept: iteration === 0 ? null : 91 };
}

describe('openTable', () => {
  it('has a row per criterion, and fits into 80 columns', () => {
    const rows = Array.from({ length: 8 }, (_, iteration) => row(iteration));
    const lines = openTable(rows, 80);
    expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(80);
    expect(openTable(rows.slice(0, 2), 80)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^hidden quality +52\.0 % +62\.0 %$/),
        expect.stringMatching(/^ {2}opening +90\.0 % +80\.0 %$/),
        expect.stringMatching(/^tasks kept +— +91$/),
      ]),
    );
    expect(openLegend(rows, 80).join(' ')).toContain('8 responses to each of 40 held-out tasks');
  });

  it('leaves out what is not measured', () => {
    const lines = openTable([row(0, { mean: null, byCriterion: {}, perTask: [] })], 80).join('\n');
    expect(lines).not.toMatch(/quality|interval|cut off/);
  });
});

describe('openReading', () => {
  it('compares the last iteration with the base, task by task, and names criteria that fell', () => {
    const text = openReading([row(0), row(1)], 80).join(' ');
    expect(text).toMatch(/The responses improved: .* 52\.0 % .* 62\.0 % after iteration 1 \(\+10\.0 points/s);
    expect(text).toContain('fell by more than 5 points: opening (90.0 → 80.0 %)');
    expect(text).not.toContain('grammar');
  });

  it('claims no change that chance explains, and none without a quality', () => {
    const same = { ...row(1), result: { ...row(0).result, iteration: 1 } };
    expect(openReading([row(0), same], 80).join(' ')).toContain('No clear change');
    const hidden = [row(0), row(1)].map((one) => ({ ...one, result: { ...one.result, mean: null, perTask: [] } }));
    expect(openReading(hidden, 80).join(' ')).toContain('it is unknown whether the responses improved');
    expect(openReading([row(0)], 80)).toEqual([]);
  });
});
