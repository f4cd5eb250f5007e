/** `engine.kind = "tinker"`: a service that speaks the Tinker wire. */

import type { EngineConfig } from '../../config/schema.ts';
import type { EngineKind } from '../kind.ts';
import { withAddress } from './address.ts';
import { tinkerEngine } from './engine.ts';
import { calling } from './failures.ts';

export type TinkerConfig = Extract<EngineConfig, { kind: 'tinker' }>;

/** Environment variable with the key of the account. */
const KEY_VARIABLE = 'TINKER_API_KEY';

export function tinkerKind(given: TinkerConfig): EngineKind {
  return {
    async open(_, { onWaiting } = {}) {
      const config = withAddress(given, process.env);
      const { concurrency, patience } = config;
      const { connect } = await import('./transport/connect.ts');
      return calling('be reached', () =>
        tinkerEngine(config, (url) =>
          connect({
            url,
            apiKey: process.env[KEY_VARIABLE],
            concurrency,
            patience,
            tags: ['rzero'],
            onWaiting: (reason, seconds) => onWaiting?.({ service: url, reason, seconds }),
          }),
        ),
      );
    },
  };
}
