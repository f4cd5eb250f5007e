import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { crossings, type Limits, trips, type WatchedNumbers } from './thresholds.ts';

const LIMITS: Limits = {
  action: 'warn',
  patience: 2,
  minEntropy: 0.1,
  minClusters: 0.2,
  lengthFactor: 4,
  maxUnanswered: 0.5,
  maxZeroVariance: 0.75,
  maxJudgeGap: 0.6,
  maxOneVerdict: 0.95,
  minCaught: 0.5,
  minVariety: 0.05,
  maxAgreementGap: 0.25,
};
const OFF: Limits = {
  ...LIMITS,
  minEntropy: 0,
  minClusters: 0,
  lengthFactor: 0,
  maxUnanswered: 1,
  maxZeroVariance: 1,
  maxAgreementGap: 1,
  maxJudgeGap: 1,
  maxOneVerdict: 1,
  minCaught: 0,
  minVariety: 0,
};
/** Exactly at every limit, so none is passed. */
const AT: WatchedNumbers = {
  entropy: 0.1,
  clusters: 0.2,
  length: 40,
  unanswered: 0.5,
  zeroVariance: 0.75,
  agreementGap: 0.25,
  judgeGap: 0.6,
  oneVerdict: 0.95,
  corruptions: 0.5,
  variety: 0.05,
};
const BAD: WatchedNumbers = {
  entropy: 0.0999,
  clusters: 0.1,
  length: 41,
  unanswered: 0.51,
  zeroVariance: 1,
  agreementGap: 0.3,
  judgeGap: 0.61,
  oneVerdict: 0.96,
  corruptions: 0.49,
  variety: 0.04,
};
const names = (found: readonly { about: string }[]): string[] => found.map(({ about }) => about).toSorted();

describe('crossings', () => {
  it('pass a limit only beyond it, not at it', () => {
    expect(crossings(AT, LIMITS, 10)).toEqual([]);
    expect(names(crossings(BAD, LIMITS, 10))).toEqual([
      'agreement-gap',
      'clusters',
      'corruptions',
      'entropy',
      'judge-gap',
      'length',
      'one-verdict',
      'unanswered',
      'variety',
      'zero-variance',
    ]);
  });

  it('ignore missing metrics, and limits that are off', () => {
    expect(crossings({}, LIMITS, null)).toEqual([]);
    const none = Number.NaN;
    expect(crossings({ entropy: none, length: none, unanswered: none, agreementGap: none }, LIMITS, 10)).toEqual([]);
    expect(crossings({ length: 1000 }, LIMITS, null)).toEqual([]);
    expect(crossings({ ...BAD, entropy: 0, clusters: 0, unanswered: 1, agreementGap: 1 }, OFF, 10)).toEqual([]);
  });

  it('check the length in both directions, and report value, limit and setting', () => {
    const [short] = crossings({ length: 2 }, LIMITS, 10);
    expect(short).toMatchObject({ about: 'length', value: 2, limit: 2.5 });
    expect(short.text).toContain('monitors.lengthFactor) shorter than in the first step (10)');
    expect(crossings({ length: 2.5 }, LIMITS, 10)).toEqual([]);
    expect(crossings({ unanswered: 0.625 }, LIMITS, null)[0].text).toBe(
      'the share of attempts without an answer is 62.5 %, above monitors.maxUnanswered (0.5)',
    );
  });

  it('are far from the values of the shipped base by default', () => {
    const limits = resolveConfig().monitors;
    const typical: WatchedNumbers = {
      entropy: 0.06,
      clusters: 0.94,
      length: 36,
      unanswered: 0.02,
      zeroVariance: 0.35,
      agreementGap: -0.1,
    };
    expect(limits.action).toBe('warn');
    expect(crossings(typical, limits, 17)).toEqual([]);
    const stretched = {
      entropy: 0.02,
      clusters: 0.3,
      length: 80,
      unanswered: 0.5,
      zeroVariance: 0.8,
      agreementGap: 0.2,
    };
    expect(crossings(stretched, limits, 17)).toEqual([]);
  });
});

describe('trips', () => {
  const low = { entropy: 0.01 };
  const fine = { entropy: 0.5 };

  it('happen once, at the step that reaches the patience', () => {
    const at = (...steps: WatchedNumbers[]): string[] => names(trips(steps, LIMITS, null));
    expect(at(low)).toEqual([]);
    expect(at(low, low)).toEqual(['entropy']);
    expect(at(low, low, low)).toEqual([]);
    expect(at(low, fine, low)).toEqual([]);
    expect(at(low, low, fine)).toEqual([]);
    expect(at(low, low, fine, low, low)).toEqual(['entropy']);
    expect(at()).toEqual([]);
  });

  it('count each metric separately', () => {
    expect(names(trips([low, { ...low, unanswered: 1 }], LIMITS, null))).toEqual(['entropy']);
    expect(names(trips([low, { ...low, unanswered: 1 }], { ...LIMITS, patience: 1 }, null))).toEqual(['unanswered']);
  });
});
