import { EngineError } from '../../../errors.ts';
import type { TrainingFindings } from '../probe/findings.ts';
import { backwardForm } from './backward.ts';
import type { Traits } from './trained-model.ts';

/** Derives from the findings how a service is used. Throws EngineError `user` if it computes no usable gradient. */
export function traitsOf(found: TrainingFindings): Traits {
  if (!found.repeatable) {
    throw new EngineError(
      'user',
      'Two passes of the service over the same text differ: it drops out parts of the model while it trains.',
      'Switch dropout off on the service, or use another service: `--set engine.url=ADDRESS`.',
    );
  }
  return {
    form: backwardForm(found),
    masks: found.masks,
    forwardOnly: found.forwardOnly,
    leaks: found.freshGradient === false,
  };
}
