/** Clusters a number of questions in this process alone and prints what it cost; `bench/diversity.ts` starts it. */

import { fileURLToPath } from 'node:url';
import { clusterShares } from '../../src/text/repetition.ts';
import { wordProblems } from './word-problems.ts';
import { peakMemory } from './peak-memory.ts';

/** Costs of one call on `questions` texts. */
export interface ClusterCosts {
  questions: number;
  /** Mean words of a question. */
  words: number;
  clusters: number;
  /** Wall seconds of the process's first call, compilation included. */
  coldSeconds: number;
  /** Wall seconds of the calls after it, best first. */
  seconds: number[];
  /** Processor seconds of the first call, all threads (the compiler's and the collector's too). */
  coldCpuSeconds: number;
  /** Largest memory of the process, the runtime included. */
  peakBytes: number;
}

export const SEED = 7;
/** The paper's. */
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
    // Kilobytes, on every platform since libuv 1.45.
    peakBytes: peakMemory(),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [questions, repeats] = process.argv.slice(2).map(Number);
  process.send?.(measure(questions, repeats));
  process.disconnect();
}
