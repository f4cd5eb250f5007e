import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../load.ts';
import type { ConfigInput } from '../schema.ts';
import { checkOpenDials } from './check-dials.ts';
import { openContradictions } from './open-dials.ts';

const config = (over: ConfigInput) => resolveConfig({ flags: { domain: 'stories', ...over } });

describe('openContradictions', () => {
  it('has nothing against the defaults, with both signals', () => {
    expect(openContradictions(config({}))).toEqual([]);
    expect(openContradictions(config({ open: { signal: 'hints' } }))).toEqual([]);
  });

  const CASES: [string, ConfigInput, string][] = [
    ['labelled data', { finetune: { data: 5 } }, 'finetune.data'],
    ['planted questions', { audit: { planted: 5 } }, 'audit.planted'],
    ['a judge of labels', { audit: { judge: { url: 'http://localhost:1/v1' } } }, 'audit.judge.url'],
    ['a band that widens', { filter: { tooFew: 'widen' } }, 'filter.tooFew'],
    ['the label gate', { solver: { labelGate: true } }, 'solver.labelGate'],
    ['no scorer', { open: { scorers: { likelihood: 0 } } }, 'open.scorers'],
    ['a judge without an address', { open: { scorers: { judge: 1 } } }, 'open.judge.url'],
    ['an own scorer without a module', { open: { scorers: { own: 1 } } }, 'open.module'],
    ['a module without a weight', { open: { module: './mine.mjs' } }, 'open.scorers.own'],
    ['a step that may not exist', { open: { signal: 'hints' }, solver: { keepStep: 3 } }, 'solver.keepStep'],
  ];
  it.each(CASES)('refuses %s, with a value that works', (_, over, named) => {
    const given = config(over);
    const [found, ...rest] = openContradictions(given);
    expect(rest).toEqual([]);
    expect(found.problem).toContain(named);
    expect(() => checkOpenDials(given)).toThrow(`--set ${Object.keys(found.fix)[0]}=`);
    const set = Object.entries(found.fix).map(([key, value]) => `${key}=${value}`);
    expect(openContradictions(resolveConfig({ flags: given, set }))).toEqual([]);
  });

  it('does not ask for scorers with hints', () => {
    expect(openContradictions(config({ open: { signal: 'hints', scorers: { likelihood: 0 } } }))).toEqual([]);
  });
});

it('an empty band of percentiles is refused', () => {
  expect(() => config({ open: { keepLow: 60, keepHigh: 50 } })).toThrow(
    /open\.keepLow.*must not be above keepHigh, which is 50/,
  );
  expect(() => config({ open: { hints: { keepLow: 60 } } })).toThrow(/open\.hints\.keepLow.*must not be above/);
});
