/** Errors of a conversation. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { voicesOf } from '../../../src/cli/chat/voices.ts';
import { processIo } from '../../../src/cli/io.ts';
import { copyOldRun } from '../../fixtures/old-runs.ts';
import { commandIn } from '../command.ts';
import type { AdviceCase } from '../followed.ts';
import { succeed } from '../perform.ts';

export const CASES: AdviceCase[] = [
  {
    file: 'cli/chat/voices.ts',
    message: '… is a model and no run, so it has no iterations.',
    advice: 'Start with a run: `rzero chat latest`.',
    provoke: async (place) => {
      copyOldRun('finished', join(place, 'runs'));
      const voices = voicesOf({ model: join(place, 'runs', 'base') }, processIo());
      try {
        await voices.open('solver', 1);
      } finally {
        await voices.close();
      }
    },
    follow: async (place, { advice }) => {
      const { out } = await succeed([...commandIn(advice), '--ask', 'Compute 1 + 2.'], { cwd: place });
      expect(out).toContain('truth 3');
    },
  },
];
