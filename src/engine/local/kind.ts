/** `engine.kind = "local"`: ONNX Runtime on this machine, with forecasts of memory and speed. */

import { availableParallelism } from 'node:os';
import { readModelConfig } from '../../models/checkpoint.ts';
import type { EngineKind, Workload } from '../kind.ts';
import { machineMemory } from '../machine-memory.ts';
import { type LocalConfig, type LocalRoom, roomFor } from './memory/room.ts';

export function localKind(config: LocalConfig): EngineKind {
  const { threads, slots, microBatchTokens, recompute } = config;
  const room = async (work: Workload): Promise<LocalRoom> =>
    roomFor(config, await readModelConfig(work.model), work, machineMemory());
  return {
    async open(work) {
      const found = work === undefined ? null : await room(work);
      if (found?.problem) throw found.problem;
      const activationBytes = found?.needed.activationBytes ?? (recompute === 'on' ? 0 : Infinity);
      const { createLocalEngine } = await import('./index.ts');
      return createLocalEngine({ threads, slots, microBatchTokens, activationBytes });
    },
    forecast: {
      room,
      async speed(decoder) {
        const { measureRates } = await import('./measure-rates.ts');
        const used = threads === 0 ? availableParallelism() : threads;
        return {
          threads: used,
          slots,
          ...(await measureRates(decoder, used, { training: microBatchTokens, sampling: slots })),
        };
      },
    },
  };
}
