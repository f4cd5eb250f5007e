/** A scorer of the user's own module. */

import { ConfigError } from '../errors.ts';
import { importModule, type LoadedModule } from '../modules.ts';
import type { ResponseGroup, Scorer } from './scorer.ts';

/** A user's scorer: the default export of a module, or an object given in code. */
export interface OwnScorer {
  /** Scores each response of each group; finite, higher is better. May be asynchronous. */
  score(groups: readonly ResponseGroup[]): number[][] | Promise<number[][]>;
}

/** A user's scorer and its module. */
export interface OpenedScorer {
  scorer: Scorer;
  module: LoadedModule;
}

/**
 * Opens the scorer that a module exports as `scorer`.
 * @param name its name in metrics and mixtures
 * @throws ConfigError if the module cannot be loaded, or exports no scorer
 */
export async function openModuleScorer(path: string, name: string): Promise<OpenedScorer> {
  const module = await importModule(path, 'scorer');
  const { scorer } = module.exports;
  if (!isOwnScorer(scorer)) {
    throw new ConfigError(
      `The scorer module ${module.path} exports no scorer.`,
      'Write `export const scorer = { score: (groups) => groups.map(({ responses }) => responses.map(() => 0)) }`.',
    );
  }
  return { scorer: ownScorer(scorer, name), module };
}

/** Returns a user's scorer as a scorer of this program. `scoresOf` checks what it returns. */
export function ownScorer(own: OwnScorer, name: string): Scorer {
  return { name, score: async (groups) => own.score(groups) };
}

function isOwnScorer(value: unknown): value is OwnScorer {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'score') === 'function';
}
