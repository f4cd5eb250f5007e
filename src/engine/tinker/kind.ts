/** `engine.kind = "tinker"`: a service that speaks the Tinker wire. */

import type { EngineConfig } from '../../config/schema.ts';
import type { EngineKind } from '../kind.ts';
import { tinkerEngine } from './engine.ts';
import { calling } from './failures.ts';

export type TinkerConfig = Extract<EngineConfig, { kind: 'tinker' }>;

/** Address of the hosted service. */
const HOSTED = 'https://tinker.thinkingmachines.dev/services/tinker-prod';

/** Tells the user that all work waits for the service: why, and for how many seconds so far. */
export type WaitListener = (reason: string, seconds: number) => void;

let listener: WaitListener = () => {};

/** Sets who is told when an engine waits for its service. */
export function onWaiting(tell: WaitListener): void {
  listener = tell;
}

export function tinkerKind(given: TinkerConfig): EngineKind {
  const { TINKER_BASE_URL: fromEnv, TINKER_API_KEY: apiKey } = process.env;
  const config = { ...given, url: given.url || fromEnv || HOSTED };
  return {
    async open() {
      const { connect } = await import('./transport/connect.ts');
      return calling('be reached', () =>
        tinkerEngine(config, (url) =>
          connect({
            url,
            apiKey,
            concurrency: config.concurrency,
            patience: config.patience,
            tags: ['rzero'],
            onWaiting: (reason, seconds) => listener(reason, seconds),
          }),
        ),
      );
    },
  };
}
