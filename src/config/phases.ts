/** What a run does, by its config. */

import type { RunConfig } from './schema.ts';

/** Returns whether a run trains on labelled data (`rzero finetune`) instead of co-evolving. */
export function isSupervised({ finetune }: Pick<RunConfig, 'finetune'>): boolean {
  return finetune.data !== 0;
}

/** Returns whether a run has a Verifier. Training on labelled data has no votes for it to judge. */
export function hasVerifier(config: Pick<RunConfig, 'finetune' | 'verifier'>): boolean {
  return config.verifier.kind !== 'off' && !isSupervised(config);
}

/** Returns whether a run trains its Challenger. */
export function trainsChallenger(config: Pick<RunConfig, 'challenger' | 'finetune'>): boolean {
  return !isSupervised(config) && config.challenger.train && config.challenger.steps > 0;
}
