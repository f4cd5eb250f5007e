/**
 * Clusters a number of questions in its own process and reports the cost; started by `bench/diversity.ts`.
 */

import { fileURLToPath } from 'node:url';
import { clusterShares } from '../../src/text/repetition.ts';
import { wordProblems } from './word-problems.ts';
import { peakMemory } from './peak-memory.ts';

/** Costs of one call on `questions` texts. */
export interface ClusterCosts {
  questions: number;
  /** Mean words per question. */
  words: number;
  clusters: number;
  /** Wall seconds of the process's first call, including compilation. */
  coldSeconds: number;
  /** Wall seconds of the later calls, best first. */
  seconds: number[];
  /** CPU seconds of the first call, over all threads (including compiler and garbage collector). */
  coldCpuSeconds: number;
  /** Peak memory of the process, including the runtime. */
  peakBytes: number;
}

export const SEED = 7;
/** Threshold of the paper. */
export const THRESHOLD = 0.5;

function measure(questions: number, repeats: number): ClusterCosts {
  const texts = wordProblems(questions, SEED);
  const seconds: number[] = [];
  let clusters = 0;
  const before = process.cpuUsage();
  let cpu = 0;
  for (let call = 0; call <= repeats; call++) {
    const start = performance.now();
    clusters = clusterShares(texts, THRESHOLD).clusters;
    seconds.push((performance.now() - start) / 1000);
    if (call > 0) continue;
    const used = process.cpuUsage(before);
    cpu = (used.user + used.system) / 1e6;
  }
  const [coldSeconds, ...warm] = seconds;
  return {
    questions,
    words: texts.join(' ').split(' ').length / questions,
    clusters,
    coldSeconds,
    seconds: warm.toSorted((a, b) => a - b),
    coldCpuSeconds: cpu,
    peakBytes: peakMemory(),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [questions, repeats] = process.argv.slice(2).map(Number);
  process.send?.(measure(questions, repeats));
  process.disconnect();
}
