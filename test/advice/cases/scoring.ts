/** Errors of scorers of open tasks. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openModuleScorer, ownScorer } from '../../../src/scoring/module-scorer.ts';
import { scoresOf } from '../../../src/scoring/scorer.ts';
import { groupOf } from '../../../src/scoring/scoring.contract.ts';
import type { AdviceCase } from '../followed.ts';

const GROUPS = [groupOf('a tale', ['Once.', 'Twice.'])];

function write(place: string, name: string, text: string): string {
  const path = join(place, name);
  writeFileSync(path, text);
  return path;
}

export const CASES: AdviceCase[] = [
  {
    file: 'scoring/scorer.ts',
    message: 'The scorer … did not return one finite number for each response.',
    advice:
      /^Correct its score function: it must return a list per group with a finite number per response, in order\.$/,
    provoke: () => scoresOf(ownScorer({ score: () => [[1]] }, 'mine'), GROUPS),
    follow: async () => {
      expect(await scoresOf(ownScorer({ score: () => [[1, 2]] }, 'mine'), GROUPS)).toEqual([[1, 2]]);
    },
  },
  {
    file: 'scoring/module-scorer.ts',
    message: 'The scorer module … exports no scorer.',
    advice: /^Write `export const scorer = \{ .* \}`\.$/,
    provoke: (place) => openModuleScorer(write(place, 'none.mjs', 'export default {};'), 'mine'),
    follow: async (place, { advice }) => {
      const text = advice.match(/`(.*)`/)?.[1] ?? '';
      const { scorer } = await openModuleScorer(write(place, 'mine.mjs', text), 'mine');
      expect(await scoresOf(scorer, GROUPS)).toEqual([[0, 0]]);
    },
  },
];
