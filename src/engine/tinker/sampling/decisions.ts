import { EngineError } from '../../../errors.ts';
import type { Purpose } from '../../engine.ts';
import type { Findings } from '../probe/findings.ts';

/** Difference between trainer and sampler, in nats, beyond which a reference is scored by the trainer. */
const GAP = 1e-3;

/**
 * Returns whether sequences are scored by the trainer: where prompts have no log-probabilities and, for the reference of
 * the KL term, where the sampler's differ from the trainer's.
 */
export function scoresByTrainer({ sampling, training }: Findings, purpose?: Purpose): boolean {
  if (sampling?.promptLogprobs === 'absent') return true;
  return purpose?.reference === true && (training?.gap ?? 0) > GAP;
}

/** Throws EngineError `user` where training changes what the base samples. */
export function checkBaseBeside({ training }: Findings, url: string): void {
  if (training?.baseBeside !== false) return;
  throw new EngineError(
    'user',
    `${url} does not keep the base model next to the model that it trains.`,
    'Give the base its own service: `--reference-url` for the KL term, `--solver-url` or `--challenger-url` for the other role.',
  );
}
