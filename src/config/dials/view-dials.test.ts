import { describe, expect, it } from 'vitest';
import type { RunConfig } from '../schema.ts';
import { resolveConfig } from '../load.ts';
import { applied, contradictionsOf, fixOf } from './check-dials.ts';
import { splitVotes } from './view-dials.ts';

const set = (...settings: string[]): RunConfig => resolveConfig({ set: settings });

describe('splitVotes', () => {
  it('casts all votes on the own words by default', () => {
    expect(splitVotes(10, set())).toEqual({ own: 10, others: 0, wordings: 0 });
  });

  it('rounds the share, and spreads its votes over the wordings', () => {
    expect(splitVotes(10, set('votes.views=0.5'))).toEqual({ own: 5, others: 5, wordings: 5 });
    expect(splitVotes(9, set('votes.views=0.5', 'votes.wordings=2'))).toEqual({ own: 4, others: 5, wordings: 2 });
    expect(splitVotes(4, set('votes.views=1', 'votes.wordings=9'))).toEqual({ own: 0, others: 4, wordings: 4 });
  });
});

describe('the settings of other wordings', () => {
  it.each([
    [['filter.unreadable=drop'], { 'votes.views': 0.5 }],
    [['filter.gate=views'], { 'votes.views': 0.5 }],
    [['filter.gate=views', 'votes.views=1'], { 'votes.views': 0.5 }],
    [['filter.gate=views', 'votes.views=0.04'], { 'votes.views': 0.5 }],
    [['challenger.viewsAgree=true', 'votes.views=0.2', 'challenger.votes=2'], { 'votes.views': 0.5 }],
    [['votes.viewsFrom=challenger', 'votes.views=0.5'], { 'votes.wordings': 1 }],
    [['votes.viewsFrom=challenger', 'votes.views=0.5', 'votes.wordings=3'], { 'votes.wordings': 1 }],
    [
      ['votes.viewsFrom=challenger', 'votes.views=0.5', 'votes.wordings=1', 'challenger.votes=2'],
      { 'votes.wordings': 1, 'votes.views': 0.5, 'challenger.votes': 3 },
    ],
  ])('%j contradict each other, and work with %j', (settings, fix) => {
    const config = set(...settings);
    expect(contradictionsOf(config).length).toBeGreaterThan(0);
    expect(fixOf(config)).toEqual(fix);
    expect(contradictionsOf(applied(config, fix))).toEqual([]);
  });

  it.each([
    [[]],
    [['votes.views=0.5', 'filter.gate=views', 'filter.unreadable=drop', 'challenger.viewsAgree=true']],
    [['votes.views=1', 'filter.unreadable=drop']],
    [['votes.views=0.4', 'votes.viewsFrom=challenger', 'votes.wordings=2']],
    [['votes.viewsFrom=challenger']],
    [['challenger.viewsAgree=true', 'challenger.train=false']],
  ])('%j work together', (settings) => {
    expect(contradictionsOf(set(...settings))).toEqual([]);
  });
});
