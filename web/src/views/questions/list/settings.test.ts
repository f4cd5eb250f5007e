import { expect, it } from 'vitest';
import { isFiltered, queryOf, toggled } from './settings.ts';

const read = (text: string): unknown => queryOf(new URLSearchParams(text));

it('reads the filters of an address', () => {
  expect(read('search=%20two+words&iterations=2,3&origin=pool&low=25&high=75&verdict=too-easy&label=wrong')).toEqual({
    search: 'two words',
    iterations: [2, 3],
    origin: 'pool',
    agreement: [0.25, 0.75],
    verdict: 'too-easy',
    label: 'wrong',
  });
  expect(read('sort=difficulty&order=down')).toEqual({ sort: 'difficulty', descending: true });
});

it('ignores what is no filter', () => {
  expect(read('iterations=x,-1&origin=all&low=200&high=-5&verdict=constructor&label=maybe&sort=rowid&other=1')).toEqual(
    {},
  );
  expect(isFiltered(new URLSearchParams('sort=length&show=pools'))).toBe(false);
  expect(isFiltered(new URLSearchParams('low=20'))).toBe(true);
});

it('adds and removes an iteration', () => {
  expect(toggled(undefined, 2)).toBe('2');
  expect(toggled([10, 2], 3)).toBe('2,3,10');
  expect(toggled([2], 2)).toBe('');
});
