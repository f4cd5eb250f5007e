/** Says on standard error that a service keeps a command waiting. */

import type { EngineHooks } from '../../engine/kind.ts';
import { reportingWaits } from '../../loop/remote/waiting.ts';
import type { Io } from '../io.ts';
import { waitingLine } from '../render/usage.ts';

/** Returns what an engine calls while its service does not answer. */
export function reportWaits(io: Pick<Io, 'err'>): EngineHooks {
  return {
    onWaiting: reportingWaits((event) => {
      if (event.type === 'waiting') io.err(`${waitingLine(event)}\n`);
    }),
  };
}
