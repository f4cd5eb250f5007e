import { stringify } from 'smol-toml';
import type { RunConfig } from './schema.ts';

/** A resolved config as TOML. Loading it gives the same config. */
export function toToml(config: RunConfig): string {
  return `${stringify(config).trimEnd()}\n`;
}
