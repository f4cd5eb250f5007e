/** Errors whose advice no test can carry out, each with the reason. */

import type { Unfollowed } from '../followed.ts';

export const UNFOLLOWED: Unfollowed[] = [
  {
    file: 'ablate/ablate.ts',
    message: 'Variant … starts from …, whose run with seed … has not ended.',
    why: 'An ablation that was stopped plays no other variant, so that only a fault in the schedule causes it.',
  },
  {
    file: 'eval/log/log.ts',
    message: 'The evaluation in … was made by rzero …, which is newer.',
    why: 'The advice names a later version.',
  },
  {
    file: 'loop/run/open-run.ts',
    message: 'The run in … was made by rzero …. This version cannot read its config: ….',
    why: 'The advice names another version.',
  },
];
