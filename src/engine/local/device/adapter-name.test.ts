import { describe, expect, it } from 'vitest';
import { isSoftware, nameInLoaderLog, nameOfControllers } from './adapter-name.ts';

/** From the log of the Vulkan loader 1.3.239, shortened; the first device twice as two instances list it. */
const LOG = `INFO:             linux_read_sorted_physical_devices:
INFO:                  Original order:
INFO:                        [0] llvmpipe (LLVM 15.0.6, 256 bits)
INFO:                        [1] NVIDIA H200
INFO:                  Sorted order:
INFO:                        [0] NVIDIA H200  
INFO:                        [1] llvmpipe (LLVM 15.0.6, 256 bits)  
INFO:             Failed to find vkGetDeviceProcAddr in layer "libVkLayer_MESA_device_select.so"
`;

describe('the name of the adapter', () => {
  it('is the first in the order of preference of the Vulkan loader', () => {
    expect(nameInLoaderLog(LOG)).toEqual({ name: 'NVIDIA H200', from: 'loader', software: false });
  });

  it('is not known without a list', () => {
    expect(nameInLoaderLog('WARNING: no driver')).toBeNull();
    expect(nameOfControllers(['', ' '])).toBeNull();
  });

  it('is each of several controllers', () => {
    expect(nameOfControllers(['Apple M2'])).toEqual({ name: 'Apple M2', from: 'system', software: false });
    expect(nameOfControllers(['Intel UHD', 'Microsoft Basic Render Driver'])).toEqual({
      name: 'Intel UHD or Microsoft Basic Render Driver',
      from: 'system',
      software: false,
    });
  });

  it.each([
    ['SwiftShader Device (Subzero)', true],
    ['llvmpipe (LLVM 15.0.6, 256 bits)', true],
    ['Microsoft Basic Render Driver', true],
    ['NVIDIA GeForce RTX 4090', false],
    ['AMD Radeon RX 7600 (RADV NAVI33)', false],
  ])('%s is software: %s', (name, software) => expect(isSoftware(name)).toBe(software));
});
