/**
 * The scripted engine, except that sampling never ends by itself. A test thus knows that a signal arrives within a step.
 * `mode` says how sampling behaves: `obey` ends when it is aborted, `announce` prints a line before, `deaf` ignores the
 * abort, `fail` throws, and `uncaught` leaves a rejected promise without a handler.
 */

import { EngineError } from '../../../src/errors.ts';
import type { Ctl, Engine, Sampler } from '../../../src/engine/engine.ts';
import createScriptedEngine from '../scripted/index.ts';

type Mode = 'obey' | 'announce' | 'deaf' | 'fail' | 'uncaught';

export default async function createWaitingEngine({ mode = 'obey' }: { mode?: Mode } = {}): Promise<Engine> {
  const engine = await createScriptedEngine();
  return {
    ...engine,
    openSampler: async (ref): Promise<Sampler> => {
      const sampler = await engine.openSampler(ref);
      return { ...sampler, sample: (_, ctl = {}) => wait(mode, ctl) };
    },
  };
}

function wait(mode: Mode, { signal, onProgress }: Ctl): Promise<never> {
  if (mode === 'fail') return Promise.reject(new EngineError('transient', 'The engine broke.', 'Repair it.'));
  if (mode === 'uncaught') void Promise.reject(new Error('a promise without a handler'));
  if (mode === 'announce') process.stdout.write('waiting\n');
  return new Promise((_, reject) => {
    // Also keeps the process alive, as the thread or the connection of a real engine does.
    const alive = setInterval(() => onProgress?.({ done: 0, total: 1, tokensPerSecond: null }), 250);
    if (mode === 'deaf') return;
    const abort = (): void => {
      clearInterval(alive);
      reject(new EngineError('aborted', 'The call was aborted.', 'Start it again if needed.'));
    };
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort);
  });
}
