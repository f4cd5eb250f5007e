/** `engine.kind = "tinker"`: a service that speaks the Tinker wire. */

import type { EngineConfig } from '../../config/schema.ts';
import { EngineError } from '../../errors.ts';
import type { EngineKind } from '../kind.ts';
import { tinkerEngine } from './engine.ts';

export type TinkerConfig = Extract<EngineConfig, { kind: 'tinker' }>;

export function tinkerKind(config: TinkerConfig): EngineKind {
  return {
    async open() {
      return tinkerEngine(config, () => {
        throw new EngineError('user', `Cannot open ${config.url}.`, 'Wait for the next version.');
      });
    },
  };
}
