import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { choosePairs, type ShiftedPair } from './choose-pairs.ts';
import { compressedShare, type ResponsePair, structuralFault } from './structure.ts';

/** Letters by chance, which do not compress well. */
function prose(length: number, seed = 1): string {
  const random = new Random(seed);
  return Array.from({ length }, () => random.pick('abcdefghijklmnopqrstuvwxyz '.split(''))).join('');
}

const TASK = 'Describe the harbour of a small town in the early morning.';
const pair = (over: Partial<ResponsePair> = {}): ResponsePair => ({
  task: TASK,
  chosen: prose(200),
  rejected: prose(200, 2),
  ...over,
});

describe('structuralFault', () => {
  it('keeps a plain pair', () => {
    expect(structuralFault(pair())).toBeNull();
  });

  it('limits the length of the chosen response', () => {
    const long = prose(20_000, 3);
    expect(structuralFault(pair({ chosen: prose(99) }))).toBe('too-short');
    expect(structuralFault(pair({ chosen: prose(100) }))).toBeNull();
    expect(structuralFault(pair({ chosen: prose(10_001), rejected: long }))).toBe('too-long');
    expect(structuralFault(pair({ chosen: prose(10_000), rejected: long }))).toBeNull();
  });

  it('limits the chosen response to 2.5 times the rejected one', () => {
    expect(structuralFault(pair({ chosen: prose(250), rejected: prose(100) }))).toBeNull();
    expect(structuralFault(pair({ chosen: prose(251), rejected: prose(100) }))).toBe('longer-than-rejected');
  });

  it('finds repetition by compression, from 500 characters on', () => {
    const chosen = 'all work and no play '.repeat(40);
    expect(compressedShare(chosen)).toBeLessThan(0.15);
    expect(structuralFault(pair({ chosen, rejected: prose(500) }))).toBe('repetitive');
    expect(structuralFault(pair({ chosen: chosen.slice(0, 499) }))).toBeNull();
    expect(structuralFault(pair({ chosen: prose(800), rejected: prose(500) }))).toBeNull();
  });

  it('finds a response that begins with 30 characters of the task', () => {
    expect(structuralFault(pair({ chosen: ` ${TASK.slice(0, 30)}${prose(150)}` }))).toBe('repeats-task');
    expect(structuralFault(pair({ chosen: `${TASK.slice(0, 29)}#${prose(150)}` }))).toBeNull();
  });

  it.each(['User:', '  assistant :', '<|im_start|>', '**Human**:', '[System]:', 'AI:'])(
    'finds the mark of a turn at the start: %s',
    (mark) => {
      expect(structuralFault(pair({ chosen: `${mark} ${prose(200)}` }))).toBe('role-marker');
    },
  );

  it('keeps a response that only mentions a user', () => {
    expect(structuralFault(pair({ chosen: `User interfaces are old. ${prose(200)}` }))).toBeNull();
    expect(structuralFault(pair({ chosen: `${prose(200)} user: hello` }))).toBeNull();
  });
});

describe('choosePairs', () => {
  const shifted = (shift: number | null, over: Partial<ResponsePair> = {}): ShiftedPair => ({ ...pair(over), shift });

  it('keeps the lower half of the shifts, and of it what has no fault', () => {
    const pairs = [shifted(3), shifted(null), shifted(-1), shifted(1, { chosen: 'short' }), shifted(2), shifted(1.5)];
    expect(choosePairs(pairs)).toEqual(['high-spread', 'no-shift', null, 'too-short', 'high-spread', null]);
  });

  it('has another band on request', () => {
    const pairs = [0, 1, 2, 3].map((shift) => shifted(shift));
    expect(choosePairs(pairs, { low: 50, high: 100 })).toEqual(['low-spread', 'low-spread', null, null]);
    expect(choosePairs([])).toEqual([]);
  });
});
