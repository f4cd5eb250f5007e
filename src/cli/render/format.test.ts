import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bar,
  bytes,
  clean,
  cleanLines,
  compact,
  count,
  duration,
  fit,
  flow,
  interval,
  pad,
  percent,
  points,
  shownPath,
  significant,
  splitTable,
  table,
  width,
  wrap,
} from './format.ts';

/** What must never reach a terminal. */
const CONTROL = /\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u;

/** Mostly low code points, which include the dangerous ones, and lone surrogates. */
const ANYTHING = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x2fff }), fc.integer({ min: 0xd700, max: 0xffff })), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes));

describe('clean', () => {
  it('neutralises escape sequences, C1 controls, direction marks and line breaks', () => {
    expect(clean('a\u001b[31mred\u001b]0;title\u0007')).toBe('a␛[31mred␛]0;title␇');
    expect(clean('x\u009b2Jy')).toBe('x�2Jy');
    expect(clean('abc\u202edef')).toBe('abc�def');
    expect(clean('one\r\n  two\rthree')).toBe('one⏎two␍three');
    expect(clean('lone \ud800 surrogate')).toBe('lone � surrogate');
  });

  it('cuts long text and marks the cut', () => {
    expect(clean('abcdefgh', 5)).toBe('abcd…');
    expect(clean('x'.repeat(10_000_000), 5)).toBe('xxxx…');
    expect(clean('abcde', 5)).toBe('abcde');
  });

  it('never lets a control character through and never exceeds its limit', () => {
    fc.assert(
      fc.property(ANYTHING, fc.integer({ min: 1, max: 40 }), (text, limit) => {
        const shown = clean(text, limit);
        expect(CONTROL.test(shown)).toBe(false);
        expect([...shown].length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('keeps line breaks with cleanLines', () => {
    expect(cleanLines('37+48=85\n\n\u001b[2J#### 85')).toBe('37+48=85\n\n␛[2J#### 85');
  });
});

describe('numbers', () => {
  it('formats counts, sizes and significant digits', () => {
    expect([0, 7, 1234, 1234567].map(count)).toEqual(['0', '7', '1,234', '1,234,567']);
    expect([12, 999.9, 12_345, 4_500_000, 0.8e6].map(compact)).toEqual(['12', '1 k', '12.3 k', '4.5 M', '800 k']);
    expect([512, 11_800_000, 2.1e9].map(bytes)).toEqual(['512 B', '11.8 MB', '2.1 GB']);
    expect([0, 0.4119, 3.716, 25.06, 250.4, 0.00012, -1.5].map(significant)).toEqual([
      '0',
      '0.412',
      '3.72',
      '25.1',
      '250',
      '1.2e-4',
      '-1.5',
    ]);
    expect(significant(Number.NaN)).toBe('—');
  });

  it('formats percentages, differences and intervals', () => {
    expect(percent(0.6123)).toBe('61.2 %');
    expect(percent(null)).toBe('—');
    expect([0.214, -0.03, 0].map((value) => points(value))).toEqual(['+21.4', '−3.0', '±0.0']);
    expect(interval({ value: 0.612, low: 0.589, high: 0.634 })).toBe('61.2 % [58.9, 63.4]');
  });

  it('formats times in a suitable unit', () => {
    expect([0.42, 12.3, 59.7, 185, 7800, 200_000].map(duration)).toEqual([
      '0.4 s',
      '12 s',
      '1 min 00 s',
      '3 min 05 s',
      '2 h 10 min',
      '2 d 8 h',
    ]);
    expect(duration(Number.POSITIVE_INFINITY)).toBe('—');
  });
});

describe('layout', () => {
  it('counts columns, not characters', () => {
    expect(width('\u001b[1mab\u001b[22m')).toBe(2);
    expect(width('数学')).toBe(4);
    expect(width('e\u0301')).toBe(1);
    expect(pad('数', 4, 'right')).toBe('  数');
  });

  it('fits any text into its columns', () => {
    expect(fit('abcdef', 4)).toBe('abc…');
    expect(fit('数学数学', 5)).toBe('数学…');
    fc.assert(
      fc.property(ANYTHING, fc.integer({ min: 1, max: 30 }), (text, columns) => {
        expect(width(fit(clean(text), columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('aligns a table under a ruled heading', () => {
    expect(
      table([
        ['', 'mean@8', 'greedy'],
        ['base', '37.2 %', '52.0 %'],
        ['iteration 1', '5.1 %', '—'],
      ]),
    ).toEqual([
      '             mean@8  greedy',
      '───────────  ──────  ──────',
      'base         37.2 %  52.0 %',
      'iteration 1   5.1 %       —',
    ]);
  });

  it('splits a table that is too wide and repeats its first column', () => {
    const rows = [
      ['run', 'state', 'score'],
      ['a', 'done', '1'],
    ];
    expect(splitTable(rows, 10, ['left', 'left'])).toEqual([
      'run  state',
      '───  ─────',
      'a    done',
      '',
      'run  score',
      '───  ─────',
      'a        1',
    ]);
    expect(splitTable(rows, 17)).toEqual(table(rows));
  });

  it('breaks a line only between its parts', () => {
    expect(flow(['one', 'two', 'three'], 12, '  ')).toEqual(['one · two ·', '  three']);
    expect(flow(['one', 'two', 'three'], 10, '  ')).toEqual(['one ·', '  two ·', '  three']);
    expect(flow(['one', 'two'], 9)).toEqual(['one · two']);
    expect(flow([], 9)).toEqual([]);
  });

  it('draws a bar in eighths', () => {
    expect([0, 0.5, 1, 7, Number.NaN].map((share) => bar(share, 4))).toEqual(['░░░░', '██░░', '████', '████', '░░░░']);
    expect(bar(1 / 32, 4)).toBe('▏░░░');
  });

  it('wraps at spaces', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(wrap('unbreakable', 4)).toEqual(['unbreakable']);
  });
});

it.each([
  ['/home/me/models/base', 'models/base'],
  ['/home/me/runs/r-01', 'runs/r-01'],
  ['/home/me', '/home/me'],
  ['/home/you/models/base', '/home/you/models/base'],
  ['Qwen/Qwen3-0.6B-Base', 'Qwen/Qwen3-0.6B-Base'],
])('shortens %s to %s in /home/me', (path, shown) => {
  expect(shownPath(path, '/home/me/runs')).toBe(shown);
});
