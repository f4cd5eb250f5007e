import { EngineError } from '../../../errors.ts';

/** Throws EngineError `user` for a use that needs a saved state. */
export function refuseSnapshot(use: 'trained' | 'exported', advice: string): never {
  throw new EngineError('user', `A snapshot cannot be ${use}.`, advice);
}
