/** Where the benchmarks' results lie, on what machine they were made, and of which sources and weights. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('../', import.meta.url));
export const RESULTS = join(BENCH, 'results');
/** Folders of the benchmarks' own runs: not committed. */
export const RUNS = join(BENCH, 'runs');
const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

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
    sources: hashOfSources(),
  };
}

/** The npm script with the arguments that this process was given. */
export function commandOf(script: string): string {
  const given = process.argv.slice(2).join(' ');
  return given === '' ? `npm run ${script}` : `npm run ${script} -- ${given}`;
}

/** Writes `bench/results/NAME.json` whole or not at all; gives its path. */
export function writeResult(name: string, value: unknown): string {
  mkdirSync(RESULTS, { recursive: true });
  const path = join(RESULTS, `${name}.json`);
  writeFileSync(`${path}.tmp`, toJson(value), { flush: true });
  renameSync(`${path}.tmp`, path);
  return path;
}

/** A result that `writeResult` wrote, or null. */
export function readResult<T>(name: string): T | null {
  const path = join(RESULTS, `${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : null;
}

/** Indented JSON whose arrays of numbers stay on one line each. */
export function toJson(value: unknown): string {
  const indented = JSON.stringify(value, null, 2);
  return `${indented.replaceAll(/\[\s+([-\d.eE+,\s]+?)\s+\]/g, (_, numbers: string) => `[${numbers.replaceAll(/\s+/g, ' ')}]`)}\n`;
}

/** First 12 hexadecimal digits of the SHA-256 of all `parts`. */
export function shortHash(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 12);
}

/** The command line and the tests do not change what a run computes. */
function hashOfSources(): string {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.(test|contract)\.ts$/.test(path) && !path.startsWith('cli'))
    .toSorted();
  return shortHash(...files.flatMap((path) => [path, readFileSync(join(SOURCES, path))]));
}
