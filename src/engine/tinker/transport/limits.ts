/** What the service wants from its clients: the answer to `client/config`. Unknown flags are ignored. */

import { z } from 'zod';

const config = z.object({
  pjwt_auth_enabled: z.boolean().catch(false),
  fwdbwd_max_chunk_len: z.int().min(1).catch(1024),
  fwdbwd_max_chunk_bytes_count: z.int().min(1).catch(5_000_000),
  sample_dispatch_bytes_semaphore_size: z
    .int()
    .min(1)
    .catch(10 * 2 ** 20),
  sample_max_concurrent_requests: z.int().min(1).catch(2000),
});

export interface ServiceLimits {
  /** The key is exchanged for tokens. */
  tokens: boolean;
  chunk: { datums: number; bytes: number };
  dispatch: { count: number; bytes: number };
  /** Sample requests in flight. */
  samples: number;
}

/** Sample requests that are being submitted at once; the SDK's number. */
const DISPATCHES = 400;

/** Reads the flags; a flag that is missing or has the wrong type has the SDK's default. */
export function readLimits(answer: unknown): ServiceLimits {
  const flags = config.parse(typeof answer === 'object' && answer !== null ? answer : {});
  return {
    tokens: flags.pjwt_auth_enabled,
    chunk: { datums: flags.fwdbwd_max_chunk_len, bytes: flags.fwdbwd_max_chunk_bytes_count },
    dispatch: { count: DISPATCHES, bytes: flags.sample_dispatch_bytes_semaphore_size },
    samples: flags.sample_max_concurrent_requests,
  };
}
