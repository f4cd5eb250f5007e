import type { RunConfig } from './schema.ts';

/** Returns the name of a run's base model: that on its service if it has one, otherwise `model`. */
export function modelName({ engine, model }: Pick<RunConfig, 'engine' | 'model'>): string {
  return engine.kind === 'tinker' && engine.model !== '' ? engine.model : model;
}
