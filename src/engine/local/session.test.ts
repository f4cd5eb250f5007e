import { expect, it } from 'vitest';
import { cpuOptions } from './session.ts';

it('lets the threads of every session sleep soon', () => {
  const wanted = { session: { intra_op: { spin_duration_us: '50' } } };
  expect(cpuOptions(2).extra).toEqual(wanted);
  expect(cpuOptions(1, [], { memoryPattern: false }).extra).toEqual(wanted);
});
