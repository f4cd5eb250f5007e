/**
 * Measures how many votes per second the answer checker groups into classes (numbers, fractions, short LaTeX
 * in several spellings, ten votes per question). With a Python that has SymPy, it also compares the same
 * pairs of answers with SymPy in the same run. Run it on an idle machine.
 *
 *     npm run bench:answers -- --python python3
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { createGrader, type Grader } from '../src/answers/grader.ts';
import { atLeast, atMost, checkLines } from './lib/checks.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';
import { typicalVotes, type Votes } from './lib/typical-answers.ts';

const { values: options } = parseArgs({
  options: {
    /** A Python with sympy; without it there is no comparison. */
    python: { type: 'string' },
    questions: { type: 'string', default: '4000' },
    /** Number of pairs for the comparison with SymPy. */
    pairs: { type: 'string', default: '2000' },
  },
});
const SEED = 7;
const VOTES = 10;
const RUNS = 5;

/** Measures the seconds to tally every question's votes. */
async function tallySeconds(grader: Grader, votes: readonly Votes[]): Promise<number> {
  const start = performance.now();
  for (const one of votes) await grader.tally(one);
  return (performance.now() - start) / 1000;
}

interface Throughput {
  votes: number;
  /** Votes per second of wall time, one value per run, ascending. */
  perSecond: number[];
  /** Votes per second of CPU time, one value per run, ascending. Not affected by other processes. */
  perCpuSecond: number[];
  workersStarted: number;
}

async function throughput(): Promise<Throughput> {
  const grader = createGrader();
  try {
    await tallySeconds(grader, typicalVotes(200, VOTES, SEED - 1));
    const questions = Number(options.questions);
    const perSecond: number[] = [];
    const perCpuSecond: number[] = [];
    // Different questions in every run, so that nothing is cached from the previous one.
    for (let run = 0; run < RUNS; run++) {
      const votes = typicalVotes(questions, VOTES, SEED + run);
      const before = process.cpuUsage();
      const seconds = await tallySeconds(grader, votes);
      const { user, system } = process.cpuUsage(before);
      perSecond.push((questions * VOTES) / seconds);
      perCpuSecond.push((questions * VOTES * 1e6) / (user + system));
    }
    return {
      votes: questions * VOTES,
      perSecond: perSecond.toSorted((a, b) => a - b),
      perCpuSecond: perCpuSecond.toSorted((a, b) => a - b),
      workersStarted: grader.workersStarted,
    };
  } finally {
    await grader.close();
  }
}

/** Output of `bench/peers/answers.py`. A null verdict means that it could not parse one of the two. */
interface PeerOutput {
  versions: Record<string, string>;
  seconds: number;
  verdicts: (boolean | null)[];
}

interface Comparison {
  versions: Record<string, string>;
  pairs: number;
  peerPerSecond: number;
  perSecond: number;
  faster: number;
  /** Pairs that only one of the two finds equal. */
  disagreements: [string, string][];
}

async function compare(python: string): Promise<Comparison> {
  const pairs = typicalVotes(Number(options.pairs), 2, SEED + RUNS).map(([a, b]): [string, string] => [a, b]);
  const grader = createGrader();
  const folder = mkdtempSync(join(tmpdir(), 'rzero-answers-'));
  try {
    await grader.equal('2\\sqrt{2}', '\\sqrt{8}');
    const start = performance.now();
    const equal: boolean[] = [];
    for (const [a, b] of pairs) equal.push((await grader.equal(a, b)).verdict === 'equal');
    const seconds = (performance.now() - start) / 1000;
    const task = join(folder, 'pairs.json');
    writeFileSync(task, JSON.stringify(pairs));
    const script = fileURLToPath(new URL('peers/answers.py', import.meta.url));
    const { stdout } = await promisify(execFile)(python, [script, task], { maxBuffer: 2 ** 26 });
    const peer: PeerOutput = JSON.parse(stdout);
    return {
      versions: peer.versions,
      pairs: pairs.length,
      peerPerSecond: pairs.length / peer.seconds,
      perSecond: pairs.length / seconds,
      faster: peer.seconds / seconds,
      disagreements: pairs.filter((_, at) => equal[at] !== (peer.verdicts[at] === true)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await grader.close();
  }
}

const tallied = await throughput();
const comparison = options.python === undefined ? null : await compare(options.python);
const median = tallied.perSecond[Math.floor(RUNS / 2)];
const checks = [
  atLeast('votes grouped per second, median', median, 20_000),
  ...(comparison === null ? [] : [atMost('pairs on which SymPy disagrees', comparison.disagreements.length, 0)]),
];
const path = writeResult('answers', { ...provenance(commandOf('bench:answers')), tallied, comparison, checks });
const lines = [
  `${tallied.votes} votes, ${VOTES} per question: ${Math.round(median)} per second, ${Math.round(tallied.perCpuSecond[Math.floor(RUNS / 2)])} per CPU second`,
  ...(comparison === null
    ? []
    : [
        `${comparison.pairs} pairs: ${Math.round(comparison.perSecond)} per second here, ${Math.round(comparison.peerPerSecond)} with SymPy, ${comparison.faster.toFixed(0)} times faster`,
      ]),
  ...checkLines(checks),
  `written to ${path}`,
];
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
