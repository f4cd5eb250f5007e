/** Checks Node, cores, memory and disk. */

import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem } from 'node:os';
import { machineMemory } from '../../engine/machine-memory.ts';
import { messageOf } from '../../errors.ts';
import { bytes, plural } from '../render/format.ts';
import type { Check } from './check.ts';

const LEAST_NODE: [number, number] = [20, 19];
const LEAST_MEMORY = 2e9;
const LEAST_DISK = 500e6;

export function checkNode(version = process.versions.node): Check {
  const [major, minor] = version.split('.').map(Number);
  const enough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return {
    name: 'Node',
    state: enough ? 'good' : 'missing',
    found: `${version} on ${process.platform} ${process.arch}`,
    advice: enough ? null : `Install Node ${LEAST_NODE.join('.')} or newer from https://nodejs.org.`,
  };
}

export function checkMachine(): Check {
  const cores = availableParallelism();
  const total = machineMemory();
  const enough = total >= LEAST_MEMORY;
  return {
    name: 'machine',
    state: enough ? 'good' : 'poor',
    found: `${plural(cores, 'core')} (${cpus()[0]?.model.trim() ?? 'unknown processor'}), ${bytes(total)} memory, ${bytes(freemem())} free`,
    advice: enough ? null : 'A default run needs 2 GB. Lower engine.slots and engine.microBatchTokens with --set.',
  };
}

export async function checkDisk(folder = '.'): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const enough = bavail * bsize >= LEAST_DISK;
    return {
      name: 'disk',
      state: enough ? 'good' : 'poor',
      found: `${bytes(bavail * bsize)} free in this folder`,
      advice: enough ? null : 'Free disk space, or store runs elsewhere with --runs-dir DIR.',
    };
  } catch (error) {
    return {
      name: 'disk',
      state: 'poor',
      found: messageOf(error),
      advice: 'Run rzero in a folder that you can read and write.',
    };
  }
}
