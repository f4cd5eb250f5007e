/** What all answers share: ids, fingerprints, numbers of tokens. */

import { createHash, randomBytes } from 'node:crypto';
import type { Model } from '../../generate/models/models.ts';

/** Fields at the beginning of every answer. */
export interface Head {
  id: string;
  created: number;
  /** The name that the client asked for. */
  model: string;
  /** Changes with the weights. */
  system_fingerprint: string;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** Makes the head of an answer. `kind`: the beginning of its id. */
export function headOf(kind: 'chatcmpl' | 'cmpl', { id, key }: Pick<Model, 'id' | 'key'>): Head {
  return {
    id: `${kind}-${randomBytes(12).toString('hex')}`,
    created: Math.floor(Date.now() / 1000),
    model: id,
    system_fingerprint: `fp_${createHash('sha256').update(key).digest('hex').slice(0, 12)}`,
  };
}

/** Counts tokens. */
export function usageOf(prompts: number, completions: number): Usage {
  return { prompt_tokens: prompts, completion_tokens: completions, total_tokens: prompts + completions };
}
