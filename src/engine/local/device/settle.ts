/** Replaces `engine.device = "auto"` by the device that was measured to be better, and refuses a GPU that fails. */

import { readModelConfig } from '../../../models/checkpoint.ts';
import type { DeviceChoice, SettledEngine } from '../../kind.ts';
import type { LocalConfig } from '../memory/room.ts';
import { chooseDevice, deviceProblem, type DeviceWork } from './choice.ts';
import { measureDevice, type MeasureOptions } from './measure.ts';
import type { DeviceReport } from './report.ts';

export interface SettleOptions {
  work: DeviceWork;
  /** Default: a child process. */
  measure?: (options: MeasureOptions) => Promise<DeviceReport>;
}

/**
 * Returns the settings with a device that can be used, and why it was taken.
 * @param model folder of the model that the engine will run
 * @throws EngineError if the settings ask for the GPU, and there is none, its driver fails, or it computes wrong
 */
export async function settleDevice(
  config: LocalConfig,
  model: string,
  { work, measure = measureDevice }: SettleOptions,
): Promise<SettledEngine> {
  const settled = (choice: DeviceChoice): SettledEngine => ({ config: { ...config, device: choice.device }, choice });
  if (config.device === 'cpu') return settled({ device: 'cpu', adapter: null, reason: 'as the settings say' });
  const decoder = await readModelConfig(model);
  const { threads, slots, microBatchTokens } = config;
  const sizes = { threads, slots, microBatchTokens };
  if (config.device === 'auto') return settled(chooseDevice(await measure({ decoder, sizes }), decoder, work));
  const report = await measure({ decoder, sizes, parts: ['adapter', 'numbers'] });
  const problem = deviceProblem(report);
  if (problem !== null) throw problem;
  const reason = 'as the settings say; its numbers equal those of the processor within the tolerances';
  return settled({ device: 'webgpu', adapter: report.name?.name ?? null, reason });
}
