import { expect, it } from 'vitest';
import { passesClaimGate } from './claim.ts';

const passes = (
  claimed: string | null,
  label: string | null,
  gate: Parameters<typeof passesClaimGate>[1],
  agreement = 0.5,
): boolean => passesClaimGate({ claimed, label, agreement }, gate);

it('off: accepts everything', () => {
  expect(passes('12', '7', 'off')).toBe(true);
  expect(passes(null, null, 'off', 0)).toBe(true);
});

it('answer: accepts a majority answer equal to the claim, in any notation', () => {
  expect(passes('128', '128', 'answer')).toBe(true);
  expect(passes('\\frac{1}{2}', '0.5', 'answer')).toBe(true);
  expect(passes('128', '8', 'answer')).toBe(false);
  expect(passes(null, '8', 'answer')).toBe(false);
});

it('last-character: accepts only a majority answer of one character', () => {
  expect(passes('128', '8', 'last-character')).toBe(true);
  expect(passes('128', '128', 'last-character')).toBe(false);
  expect(passes('8', '8', 'last-character')).toBe(true);
  expect(passes('0.5', '5', 'last-character')).toBe(true);
  // A missing box is read as the text "None", whose last character is an e.
  expect(passes(null, 'e', 'last-character')).toBe(true);
});

it('requires more than a tenth of the votes', () => {
  for (const gate of ['answer', 'last-character'] as const) {
    expect(passes('8', '8', gate, 0.1)).toBe(false);
    expect(passes('8', '8', gate, 0.2)).toBe(true);
    expect(passes('8', null, gate, 0)).toBe(false);
  }
});
