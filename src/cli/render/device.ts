/** The name of a device for people. */

import { clean } from './format.ts';

/** `cpu`, or `webgpu (NVIDIA H200)`. */
export function deviceName({ device, adapter }: { device: string; adapter: string | null }): string {
  return adapter === null ? device : `${device} (${clean(adapter)})`;
}
