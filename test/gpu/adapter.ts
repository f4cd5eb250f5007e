/** Finds a GPU for the tests in this folder. Without one they are not run, and the test command says so. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const GPU_TESTS = 'test/gpu/**/*.test.ts';

export const NO_ADAPTER =
  'No WebGPU adapter was found: the tests on a GPU (test/gpu) do not run. ' +
  'A software adapter is enough: `apt-get install libvulkan1 chromium`, or name a Vulkan driver in VK_DRIVER_FILES.';

/** The software adapter that is installed with Chromium. */
const SOFTWARE_DRIVERS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
];

const DRIVER_VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'];

/** Longest time of one trial, in ms: the first start of a driver may compile. */
const TRIAL_LIMIT = 60_000;

/** Variables of the environment with which ONNX Runtime finds an adapter. */
export type AdapterEnvironment = Record<string, string>;

/**
 * Returns the first environment with an adapter: this one, or one with a software driver. A driver that the user names
 * is not replaced. Returns null if there is none.
 */
export function findAdapter(root: string): AdapterEnvironment | null {
  const isNamed = DRIVER_VARIABLES.some((name) => (process.env[name] ?? '') !== '');
  const software = isNamed ? [] : SOFTWARE_DRIVERS.filter((path) => existsSync(path)).map(environmentOf);
  return [{}, ...software].find((environment) => adds(root, environment)) ?? null;
}

function environmentOf(driver: string): AdapterEnvironment {
  return {
    ...Object.fromEntries(DRIVER_VARIABLES.map((name) => [name, driver])),
    // The driver looks for a display server there, and complains where the variable is unset.
    ...(process.env.XDG_RUNTIME_DIR === undefined ? { XDG_RUNTIME_DIR: tmpdir() } : {}),
  };
}

/** In another process, which a faulty driver may end. */
function adds(root: string, environment: AdapterEnvironment): boolean {
  const trial = spawnSync(process.execPath, ['--import', 'tsx', join(root, 'test/gpu/trial.ts')], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: 'ignore',
    timeout: TRIAL_LIMIT,
  });
  return trial.status === 0;
}
