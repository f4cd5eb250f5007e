import { totalmem } from 'node:os';

/** Returns the bytes that this process may use: the machine's memory, or the limit of its container. */
export function machineMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}
