/** `engine.kind = "local"`: ONNX Runtime on this machine, with forecasts of memory and speed. */

import { availableParallelism } from 'node:os';
import { readModelConfig } from '../../models/checkpoint.ts';
import type { DeviceChoice, EngineHooks, EngineKind, Workload } from '../kind.ts';
import { machineMemory } from '../machine-memory.ts';
import { type LocalConfig, type LocalRoom, roomFor } from './memory/room.ts';
import type { DeviceName } from '../../types.ts';

const settling = () => import('./device/settle.ts');
const NOTHING_TO_MEASURE: DeviceChoice = { device: 'cpu', adapter: null, reason: 'no model was named to measure' };

export function localKind(config: LocalConfig): EngineKind {
  const { threads, slots, microBatchTokens, recompute, samplingPrecision } = config;
  const room = async (work: Workload): Promise<LocalRoom> =>
    roomFor(config, await readModelConfig(work.model), work, machineMemory());
  const device = async (work?: Workload, hooks: EngineHooks = {}): Promise<DeviceName> => {
    if (config.device !== 'auto') return config.device;
    const model = work?.model ?? hooks.model;
    const choice =
      model === undefined
        ? NOTHING_TO_MEASURE
        : (
            await (
              await settling()
            ).settleDevice(config, model, { work: work !== undefined || hooks.trains === true ? 'run' : 'sampling' })
          ).choice;
    hooks.onDevice?.(choice);
    return choice.device;
  };
  return {
    ...(config.device === 'cpu'
      ? {}
      : { settle: async (model: string) => (await settling()).settleDevice(config, model, { work: 'run' }) }),
    async open(work, hooks) {
      const found = work === undefined ? null : await room(work);
      if (found?.problem) throw found.problem;
      const activationBytes = found?.needed.activationBytes ?? (recompute === 'on' ? 0 : Infinity);
      const { createLocalEngine } = await import('./index.ts');
      return createLocalEngine({
        device: await device(work, hooks),
        threads,
        slots,
        microBatchTokens,
        activationBytes,
        samplingPrecision,
        pairSamplers: found?.paired ?? true,
      });
    },
    forecast: {
      room,
      async speed({ decoder, adapter, step }) {
        const { measureSpeed } = await import('./speed/measure-speed.ts');
        const used = threads === 0 ? availableParallelism() : threads;
        return measureSpeed(decoder, { threads: used, slots, microBatchTokens, adapter, step });
      },
    },
  };
}
