/** What a config asks of its domain, checked before anything of a run exists. */

import type { RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import { ConfigError } from '../../errors.ts';

/** ConfigError, with the reason, where the domain cannot do what the config wants of it. */
export function checkAbilities(config: RunConfig, domain: Domain): void {
  if (config.labels === 'oracle' && domain.truth === undefined) {
    throw new ConfigError(
      `labels = "oracle" trains on the truth, and the domain ${domain.name} has no oracle that knows it.`,
      'Keep labels = "majority", which is R-Zero, or use a domain with an oracle (arithmetic). For answers of your own: `rzero finetune --data FILE`.',
    );
  }
  for (const [key, wanted] of [
    ['audit.planted', config.audit.planted],
    ['finetune.data', config.finetune.data],
  ] as const) {
    if (typeof wanted === 'number' && wanted > 0 && domain.generate === undefined) {
      throw new ConfigError(
        `${key} = ${wanted}: the domain ${domain.name} cannot make questions with known answers.`,
        `Give ${key} a JSONL, JSON, CSV or Parquet file with the columns question and answer.`,
      );
    }
  }
}
