/** What the page may ask of a new run. */

import { z } from 'zod';
import { DOMAIN_NAMES } from '../../domains/open-domain.ts';

/** Settings that a page may start a run with: none of them names a file or another machine. */
export const START_SETTINGS = z.strictObject({
  scale: z.enum(['tiny', 'small']).optional(),
  domain: z.enum(DOMAIN_NAMES).optional(),
  iterations: z.int().min(1).max(100).optional(),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
});

export type StartSettings = z.infer<typeof START_SETTINGS>;
