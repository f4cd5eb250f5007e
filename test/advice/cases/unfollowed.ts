/** Errors whose advice no test can carry out, each with the reason. */

import type { Unfollowed } from '../followed.ts';

export const UNFOLLOWED: Unfollowed[] = [];
