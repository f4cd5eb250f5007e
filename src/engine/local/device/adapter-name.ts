/**
 * Names the GPU. ONNX Runtime does not: on Linux the Vulkan loader lists the devices in its log, in the order of
 * preference; elsewhere the operating system lists the graphics controllers. Either is a hint, and is shown as one.
 */

import type { AdapterName } from './report.ts';

/** Programs on the processor that act as a GPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b|software/i;

export function isSoftware(name: string): boolean {
  return SOFTWARE.test(name);
}

/** Returns the first device in the log of the Vulkan loader (`VK_LOADER_DEBUG=info`); null if it lists none. */
export function nameInLoaderLog(log: string): AdapterName | null {
  const sorted = log.lastIndexOf('Sorted order:');
  const name = /\[0\] (.+)/.exec(sorted < 0 ? '' : log.slice(sorted))?.[1].trim() ?? '';
  return name === '' ? null : { name, from: 'loader', software: isSoftware(name) };
}

/** Returns the graphics controllers that the operating system lists; null if it lists none or cannot be asked. */
export async function nameFromSystem(): Promise<AdapterName | null> {
  try {
    const { graphics } = await import('systeminformation');
    const { controllers } = await graphics();
    return nameOfControllers(controllers.map(({ model }) => model));
  } catch {
    return null;
  }
}

/** Which of several controllers is used is not known, so all are named. It is software only if all are. */
export function nameOfControllers(models: readonly string[]): AdapterName | null {
  const names = models.map((model) => model.trim()).filter((model) => model !== '');
  if (names.length === 0) return null;
  return { name: names.join(' or '), from: 'system', software: names.every(isSoftware) };
}
