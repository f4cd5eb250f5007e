/** Where the benchmarks' results lie, on what machine they were made, and of which sources and weights. */

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeHash } from '../../src/ablate/key.ts';
import { toJson } from '../../src/ablate/result.ts';
import { writeWhole } from '../../src/files/atomic-file.ts';

const BENCH = fileURLToPath(new URL('../', import.meta.url));
export const RESULTS = join(BENCH, 'results');
/** Folders of the benchmarks' own runs: not committed. */
export const RUNS = join(BENCH, 'runs');

/** Stands at the head of every result. */
export interface Provenance {
  command: string;
  /** ISO 8601, UTC. */
  at: string;
  machine: { cpu: string; cores: number; memoryGiB: number; platform: string; node: string };
  /** Of everything under src/ that a run goes through; equal hashes: equal behaviour. */
  sources: string;
}

/** `command` as a user would type it again. */
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

/** The npm script with the arguments that this process was given; of a path on this machine only its last part. */
export function commandOf(script: string): string {
  const given = process.argv
    .slice(2)
    .map((argument) => (isAbsolute(argument) ? basename(argument) : argument))
    .join(' ');
  return given === '' ? `npm run ${script}` : `npm run ${script} -- ${given}`;
}

/** Writes `bench/results/NAME.json` whole or not at all; gives its path. */
export function writeResult(name: string, value: unknown): string {
  const path = join(RESULTS, `${name}.json`);
  writeWhole(path, toJson(value));
  return path;
}

/** A result that `writeResult` wrote, or null. */
export function readResult<T>(name: string): T | null {
  const path = join(RESULTS, `${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : null;
}
