/** `engine.kind = "tinker"`: a service that speaks the Tinker wire. */

import type { EngineConfig } from '../../config/schema.ts';
import type { EngineHooks, EngineKind } from '../kind.ts';
import { KEY_VARIABLE, withAddress } from './address.ts';
import { tinkerEngine } from './engine.ts';
import { reaching } from './failures.ts';
import type { Connect } from './services.ts';

export type TinkerConfig = Extract<EngineConfig, { kind: 'tinker' }>;

/**
 * Returns how a service of these settings is connected to, with the key of the environment. It throws EngineError `user`
 * if something else than a Tinker service has the address, or refuses the key.
 */
export async function connector(
  { concurrency, patience }: Pick<TinkerConfig, 'concurrency' | 'patience'>,
  { onWaiting }: EngineHooks = {},
): Promise<Connect> {
  const { connect } = await import('./transport/connect.ts');
  return (url) =>
    reaching('be reached', () =>
      connect({
        url,
        apiKey: process.env[KEY_VARIABLE],
        concurrency,
        patience,
        tags: ['rzero'],
        onWaiting: (reason, seconds) => onWaiting?.({ service: url, reason, seconds }),
      }),
    );
}

export function tinkerKind(given: TinkerConfig): EngineKind {
  return {
    async open(_, hooks) {
      const config = withAddress(given, process.env);
      return tinkerEngine(config, await connector(config, hooks));
    },
  };
}
