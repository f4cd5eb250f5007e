/** What a GPU cannot hold ends in an error that says what to do, and the next call works. */

import { expect, it } from 'vitest';

import { DeviceMemory } from '../../src/engine/local/webgpu/device-memory.ts';

it('refuses a tensor beyond the largest buffer of the adapter, and goes on', async () => {
  const memory = new DeviceMemory();
  await expect(memory.zeros([2 ** 12, 2 ** 18])).rejects.toMatchObject({ name: 'EngineError', kind: 'budget' });
  const tensor = await memory.upload({ shape: [2], data: Float32Array.of(1, -2) });
  const copy = await memory.copy(tensor);
  await memory.clear(tensor);
  expect((await memory.download(tensor)).data).toEqual(Float32Array.of(0, 0));
  expect((await memory.download(copy)).data).toEqual(Float32Array.of(1, -2));
  tensor.dispose();
  copy.dispose();
  await memory.close();
});
