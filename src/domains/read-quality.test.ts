import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import type { Domain } from './domain.ts';
import { readQuality } from './read-quality.ts';

const quality = (value: unknown): Domain =>
  ({
    name: 'tales',
    kind: 'open',
    criteria: ['short', 'happy'],
    challengerMessages: () => [],
    solverMessages: () => [],
    parseQuestion: (text) => ({ text, claimed: null, invalid: null }),
    extractAnswer: (text) => text,
    quality: () => value as readonly number[] | null,
  }) satisfies Domain;

describe('readQuality', () => {
  it('is the mean over the criteria', () => {
    expect(readQuality(quality([1, 0.5]), 'a tale', 'once')).toEqual({ mean: 0.75, byCriterion: [1, 0.5] });
  });

  it('is null for a task that the domain cannot read, and for a domain without criteria', () => {
    expect(readQuality(quality(null), 'a tale', 'once')).toBeNull();
    const { quality: _, criteria: __, ...blind } = quality(null);
    expect(readQuality(blind, 'a tale', 'once')).toBeNull();
  });

  it.each([[[1]], [[1, 2]], [[1, Number.NaN]], [[1, '0']], ['1'], [1]])('refuses %j', (value) => {
    expect(() => readQuality(quality(value), 'a tale', 'once')).toThrow(ConfigError);
  });
});
