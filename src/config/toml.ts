import { stringify } from 'smol-toml';
import type { RunConfig } from './schema.ts';

/** A resolved config as a TOML file that gives the same config when it is loaded. */
export function toToml(config: RunConfig): string {
  return `${stringify(config).trimEnd()}\n`;
}
