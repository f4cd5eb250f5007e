/** Says on standard error what an engine reports: that a service keeps a command waiting, and which device was chosen. */

import type { DeviceChoice, EngineHooks } from '../../engine/kind.ts';
import { reportingWaits } from '../../loop/remote/waiting.ts';
import type { Io } from '../io.ts';
import { deviceName } from '../render/device.ts';
import { waitingLine } from '../render/usage.ts';

/** Returns what an engine calls while its service does not answer. */
export function reportWaits(io: Pick<Io, 'err'>): EngineHooks {
  return {
    onWaiting: reportingWaits((event) => {
      if (event.type === 'waiting') io.err(`${waitingLine(event)}\n`);
    }),
  };
}

/** The same, with the model that "auto" measures and the device that it chose. */
export function engineHooks(io: Pick<Io, 'err'>, model: string, more: Pick<EngineHooks, 'trains'> = {}): EngineHooks {
  const onDevice = (choice: DeviceChoice): void => io.err(`device ${deviceName(choice)}: ${choice.reason}\n`);
  return { ...reportWaits(io), ...more, model, onDevice };
}
