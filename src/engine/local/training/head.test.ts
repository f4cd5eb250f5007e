import { expect, it } from 'vitest';

import { hostDevice } from '../../../../test/fixtures/devices/host.ts';
import { chunkRows } from './head.ts';
import { headContract } from './head.contract.ts';

headContract('the processor', hostDevice, true);

it('keeps a chunk of a large vocabulary within its budget, and a small vocabulary whole', () => {
  expect(chunkRows(128)).toBeGreaterThan(100_000);
  expect(chunkRows(151_936) * 151_936 * 4).toBeLessThan(140e6);
});
