import { expect, it } from 'vitest';
import { changesOf, describeFindings } from './findings.ts';

const FOUND = { 'http://one': { profile: 'skyrl-jax', training: { clip: false, gap: 1e-6, perToken: null } } };

it('findings are equal to themselves and to other measurements of the same properties', () => {
  expect(changesOf(FOUND, FOUND)).toEqual([]);
  const again = { 'http://one': { profile: 'skyrl-jax', training: { clip: false, gap: 3e-6, perToken: null } } };
  expect(changesOf(FOUND, again)).toEqual([]);
});

it('a changed, a new and a lost property are reported', () => {
  const now = { 'http://one': { profile: 'other', training: { clip: null, seeds: true } } };
  expect(changesOf(FOUND, now)).toEqual([
    'profile: skyrl-jax → other',
    'training.clip: false → null',
    'training.perToken: null → not found out',
    'training.seeds: not found out → true',
  ]);
});

it('the same service at another address is the same', () => {
  expect(changesOf(FOUND, { 'http://two': FOUND['http://one'] })).toEqual([]);
});

it('are one sentence: their own summary, or what they are', () => {
  expect(describeFindings({ summary: 'Everything holds.', other: 1 })).toBe('Everything holds.');
  expect(describeFindings({ clip: false, names: ['a', 'b'] })).toBe('clip false, names a, b');
});
