import { totalmem } from 'node:os';

/** Bytes that this process may use: the machine's memory, or less where its container is held to less. */
export function machineMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}
