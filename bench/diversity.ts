/**
 * Measures the cost of finding questions that repeat each other: BLEU between all pairs and average-linkage
 * clusters, for 512 to 8,192 questions of about 60 words (2,048 are one Challenger step of the paper). Each
 * size runs in its own process, to measure its own peak memory. With a Python that has nltk and scikit-learn,
 * the same questions are also processed by these, in the same run. Run it on an idle machine.
 *
 *     npm run bench:diversity -- --python python3
 */

import { execFile, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Random } from '../src/random.ts';
import { pairwiseBleuDistances } from '../src/text/bleu.ts';
import { averageLinkage, condensedIndex } from '../src/text/cluster.ts';
import { atLeast, atMost, type Check, checkLines } from './lib/checks.ts';
import { type ClusterCosts, SEED, THRESHOLD } from './lib/measure-clusters.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';
import { wordProblems } from './lib/word-problems.ts';

const { values: options } = parseArgs({
  options: {
    /** A Python with nltk and scikit-learn; without it there is no comparison. */
    python: { type: 'string' },
    sizes: { type: 'string', default: '512,1024,2048,4096,8192' },
    /** Number of pairs of the paper's step that are timed with NLTK; all of them would take minutes. */
    pairs: { type: 'string', default: '20000' },
  },
});
/** Questions in one Challenger step of the paper. */
const STEP = 2048;
/** A batch size that NLTK can process in full. */
const WHOLE = 512;

function costs(questions: number): Promise<ClusterCosts> {
  const script = fileURLToPath(new URL('lib/measure-clusters.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(script, [String(questions), questions > STEP ? '1' : '5']);
    child.once('message', (message) => resolve(message as ClusterCosts));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`measuring ${questions} questions ended with code ${code}`)));
  });
}

/** Output of `bench/peers/diversity.py`. */
interface PeerOutput {
  versions: Record<string, string>;
  whole: { bleuSeconds: number; seconds: number; distances: number[]; labels: number[] };
  pairs: { seconds: number; scores: number[] };
  large: { clusterSeconds: number; labels: number[] };
}

interface Comparison {
  versions: Record<string, string>;
  /** A full batch with both implementations. */
  whole: { questions: number; peerSeconds: number; seconds: number; faster: number };
  /** NLTK's seconds are extrapolated from `timedPairs` pairs to all pairs; scikit-learn's are measured. */
  step: {
    questions: number;
    timedPairs: number;
    peerPairMicroseconds: number;
    peerClusterSeconds: number;
    peerSeconds: number;
    seconds: number;
    faster: number;
  };
  largestDifference: number;
  labelsEqual: boolean;
}

async function compare(python: string, measured: readonly ClusterCosts[]): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'rzero-diversity-'));
  try {
    const whole = wordProblems(WHOLE, SEED);
    const large = wordProblems(STEP, SEED);
    const random = new Random(SEED);
    const pairs = Array.from({ length: Number(options.pairs) }, () => {
      const i = random.integer(0, STEP - 2);
      return [i, random.integer(i + 1, STEP - 1)];
    });
    const distances = pairwiseBleuDistances(large);
    const condensed = join(folder, 'condensed.f64');
    writeFileSync(condensed, distances);
    const task = join(folder, 'task.json');
    writeFileSync(task, JSON.stringify({ whole, large, pairs, condensed, threshold: THRESHOLD }));
    const script = fileURLToPath(new URL('peers/diversity.py', import.meta.url));
    const { stdout } = await promisify(execFile)(python, [script, task], { maxBuffer: 2 ** 28 });
    const peer: PeerOutput = JSON.parse(stdout);

    const wholeDistances = pairwiseBleuDistances(whole);
    const differences = [
      ...peer.whole.distances.map((distance, at) => Math.abs(distance - wholeDistances[at])),
      ...peer.pairs.scores.map((score, at) =>
        Math.abs(1 - score - distances[condensedIndex(STEP, pairs[at][0], pairs[at][1])]),
      ),
    ];
    const perPair = peer.pairs.seconds / pairs.length;
    const peerStep = perPair * distances.length + peer.large.clusterSeconds;
    const [wholeSeconds, stepSeconds] = [WHOLE, STEP].map((size) => secondsOf(measured, size));
    return {
      versions: peer.versions,
      whole: {
        questions: WHOLE,
        peerSeconds: peer.whole.seconds,
        seconds: wholeSeconds,
        faster: peer.whole.seconds / wholeSeconds,
      },
      step: {
        questions: STEP,
        timedPairs: pairs.length,
        peerPairMicroseconds: perPair * 1e6,
        peerClusterSeconds: peer.large.clusterSeconds,
        peerSeconds: peerStep,
        seconds: stepSeconds,
        faster: peerStep / stepSeconds,
      },
      largestDifference: differences.reduce((most, one) => Math.max(most, one), 0),
      labelsEqual:
        sameParts(peer.whole.labels, averageLinkage(wholeDistances, WHOLE, THRESHOLD)) &&
        sameParts(peer.large.labels, averageLinkage(distances, STEP, THRESHOLD)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the seconds of the first call in a process, as in a Challenger step, without warm-up. */
function secondsOf(measured: readonly ClusterCosts[], questions: number): number {
  return measured.find((one) => one.questions === questions)?.coldSeconds ?? Number.NaN;
}

/** Returns whether two labelings are equal up to the names of the labels. */
function sameParts(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  const renamed = (labels: ArrayLike<number>): string => {
    const names = new Map<number, number>();
    for (const label of Array.from(labels)) if (!names.has(label)) names.set(label, names.size);
    return Array.from(labels, (label) => names.get(label)).join(' ');
  };
  return renamed(one) === renamed(other);
}

/** Returns e in seconds ~ questions^e, between the smallest and the largest size, both after warm-up. */
function growth(measured: readonly ClusterCosts[]): number {
  const [small, large] = [measured[0], measured[measured.length - 1]];
  return Math.log(large.seconds[0] / small.seconds[0]) / Math.log(large.questions / small.questions);
}

const sizes = [...new Set([...options.sizes.split(',').map(Number), WHOLE, STEP])].toSorted((a, b) => a - b);
const measured: ClusterCosts[] = [];
for (const size of sizes) {
  const one = await costs(size);
  measured.push(one);
  process.stdout.write(
    `${String(size).padStart(6)} questions of ${one.words.toFixed(0)} words: ${one.coldSeconds.toFixed(3)} s, after warm-up ${one.seconds[0].toFixed(3)} s, ` +
      `CPU ${one.coldCpuSeconds.toFixed(2)} s, ${(one.peakBytes / 1e6).toFixed(0)} MB, ${one.clusters} clusters\n`,
  );
}
const comparison = options.python === undefined ? null : await compare(options.python, measured);
const step = measured.find((one) => one.questions === STEP);
const checks: Check[] = [
  atMost('seconds for 2,048 questions', step?.coldSeconds ?? null, 1),
  atMost('processor seconds for 2,048 questions', step?.coldCpuSeconds ?? null, 1),
  atMost('peak memory for 2,048 questions, bytes', step?.peakBytes ?? null, 300e6),
  ...(comparison === null
    ? []
    : [
        atLeast('times faster than nltk + scikit-learn, 512 questions whole', comparison.whole.faster, 100),
        atLeast('times faster than nltk + scikit-learn, 2,048 questions', comparison.step.faster, 100),
        atMost('largest difference of a distance to NLTK', comparison.largestDifference, 1e-9),
        atLeast('labels equal to scikit-learn (1: all)', comparison.labelsEqual ? 1 : 0, 1),
      ]),
];
const path = writeResult('diversity', {
  ...provenance(commandOf('bench:diversity')),
  threshold: THRESHOLD,
  measured,
  growthExponent: growth(measured),
  comparison,
  checks,
});
process.stdout.write(`${[...checkLines(checks), `written to ${path}`].join('\n')}\n`);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
