/** Reads and writes benchmark results, with their provenance: command, machine, sources. */

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeHash } from '../../src/ablate/key.ts';
import { toJson } from '../../src/ablate/result.ts';
import { writeWhole } from '../../src/files/atomic-file.ts';

const BENCH = fileURLToPath(new URL('../', import.meta.url));
const RESULTS = join(BENCH, 'results');
/** Folder of the benchmarks' runs; not committed. */
export const RUNS = join(BENCH, 'runs');

/** First part of every result. */
export interface Provenance {
  command: string;
  /** ISO 8601, UTC. */
  at: string;
  machine: { cpu: string; cores: number; memoryGiB: number; platform: string; node: string };
  /** Hash of all code in src/ that affects a run; equal hashes mean equal behaviour. */
  sources: string;
}

/** Collects the provenance. `command` is the command to repeat the benchmark. */
export function provenance(command: string): Provenance {
  return {
    command,
    at: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
    },
    sources: codeHash(),
  };
}

/**
 * Returns the npm script with the arguments of this process. Absolute paths are shortened to their last part.
 */
export function commandOf(script: string): string {
  const given = process.argv
    .slice(2)
    .map((argument) => (isAbsolute(argument) ? basename(argument) : argument))
    .join(' ');
  return given === '' ? `npm run ${script}` : `npm run ${script} -- ${given}`;
}

/** Writes `bench/results/NAME.json` atomically and returns its path. */
export function writeResult(name: string, value: unknown): string {
  const path = join(RESULTS, `${name}.json`);
  writeWhole(path, toJson(value));
  return path;
}

/** Reads a result of `writeResult`, or returns null. */
export function readResult<T>(name: string): T | null {
  const path = join(RESULTS, `${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : null;
}
