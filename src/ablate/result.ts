/**
 * The result of an ablation: a summary of every run, and each variant compared with the reference on their
 * common seeds. Computes and writes; the runs themselves are in `ablate.ts`.
 */

import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import type { Table } from '../config/tables.ts';
import type { IterationSummary, OpenIteration, RunSummary } from '../events.ts';
import { type ArmComparison, compareArms, type ScoresBySeed } from '../eval/gains.ts';
import { RZERO_VERSION } from '../store/version.ts';
import { writeWhole } from '../files/atomic-file.ts';
import { codeHash } from './key.ts';
import type { AblationPlan, Variant } from './plan.ts';

/** A variant's run that has ended. */
export interface PlayedRun {
  variant: string;
  seed: number;
  dir: string;
  config: RunConfig;
  summary: RunSummary;
}

export interface RunResult {
  seed: number;
  dir: string;
  outcome: RunSummary['outcome'];
  explanation: string;
  seconds: number;
  /** Iteration whose scores count: the last evaluated one, or the chosen one. */
  scored: number;
  iterations: IterationSummary[];
  /** Rows of a run on an open domain, whose scores are the hidden quality; absent in other runs. */
  open?: OpenIteration[];
}

export interface VariantResult {
  name: string;
  title: string;
  from: string | null;
  paper: string | null;
  set: Table;
  runs: RunResult[];
  /**
   * Comparison with the reference by mean@k per question, or by hidden quality per task. Null for the reference itself, or without a common
   * seed.
   */
  sampled: ArmComparison | null;
  /** The same with forced steps on both sides, if the domain supports them. */
  forced: ArmComparison | null;
}

export interface AblationResult {
  plan: string;
  version: string;
  code: string;
  machine: { cpu: string; cores: number; node: string };
  seeds: readonly number[];
  score: AblationPlan['score'];
  reference: string;
  /** Whether every variant has ended with every seed. */
  complete: boolean;
  variants: VariantResult[];
}

/** Builds the result from the runs that have ended so far. */
export function resultOf(plan: AblationPlan, played: readonly PlayedRun[]): AblationResult {
  const runsOf = new Map(
    plan.variants.map(({ name }) => [
      name,
      played.filter((run) => run.variant === name).map((run) => runResult(run, plan.score)),
    ]),
  );
  const reference = runsOf.get(plan.reference) ?? [];
  return {
    plan: plan.name,
    version: RZERO_VERSION,
    code: codeHash(),
    machine: { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), node: process.version },
    seeds: plan.seeds,
    score: plan.score,
    reference: plan.reference,
    complete: played.length === plan.seeds.length * plan.variants.length,
    variants: plan.variants.map((variant) =>
      variantResult(variant, runsOf.get(variant.name) ?? [], variant.name === plan.reference ? [] : reference),
    ),
  };
}

function variantResult(variant: Variant, runs: RunResult[], reference: readonly RunResult[]): VariantResult {
  const { name, title, from, paper, set } = variant;
  const compare = (of: (scored: IterationSummary) => readonly number[] | null): ArmComparison | null => {
    const [before, after] = [scoresBySeed(reference, of), scoresBySeed(runs, of)];
    return [...before.keys()].some((seed) => after.has(seed)) ? compareArms(before, after) : null;
  };
  return {
    name,
    title,
    from,
    paper,
    set,
    runs,
    sampled: compareOpen(reference, runs) ?? compare(({ evaluation }) => evaluation.perQuestion),
    forced: compare(({ evaluation }) => evaluation.perQuestionForced),
  };
}

/** Compares the hidden quality of runs on an open domain; null for other runs, and without a common seed. */
function compareOpen(reference: readonly RunResult[], runs: readonly RunResult[]): ArmComparison | null {
  const scoresOf = (some: readonly RunResult[]): ScoresBySeed =>
    new Map(
      some.flatMap((run) => {
        const scores = scoredOpen(run)?.result.perTask ?? [];
        return scores.length === 0 ? [] : [[run.seed, scores] as const];
      }),
    );
  const [before, after] = [scoresOf(reference), scoresOf(runs)];
  return [...before.keys()].some((seed) => after.has(seed)) ? compareArms(before, after) : null;
}

function scoresBySeed(
  runs: readonly RunResult[],
  of: (scored: IterationSummary) => readonly number[] | null,
): ScoresBySeed {
  const scores = new Map<number, readonly number[]>();
  for (const run of runs) {
    const row = scoredRow(run);
    const list = row === null || row.evaluation.questions === 0 ? null : of(row);
    if (list !== null) scores.set(run.seed, list);
  }
  return scores;
}

/** Returns the iteration whose scores count, or null if nothing was evaluated. */
export function scoredRow(run: Pick<RunResult, 'scored' | 'iterations'>): IterationSummary | null {
  return run.iterations.find(({ iteration }) => iteration === run.scored) ?? null;
}

/** Returns the row of a run on an open domain whose scores count; null for other runs. */
export function scoredOpen({ scored, open = [] }: Pick<RunResult, 'scored' | 'open'>): OpenIteration | null {
  return open.find(({ iteration }) => iteration === scored) ?? null;
}

function runResult({ seed, dir, summary }: PlayedRun, score: AblationPlan['score']): RunResult {
  const { outcome, explanation, seconds, iterations, open, best } = summary;
  const last = (open ?? iterations).at(-1)?.iteration ?? 0;
  const scored = score === 'best' ? best : last;
  const result = { seed, dir, outcome, explanation, seconds, scored, iterations };
  return open === undefined ? result : { ...result, open };
}

/** Writes `DIR/RECIPE.json` atomically and returns its path. */
export function writeResult(dir: string, result: AblationResult): string {
  const path = resultPath(dir, result.plan);
  writeWhole(path, toJson(result));
  return path;
}

export function resultPath(dir: string, plan: string): string {
  return join(dir, `${plan}.json`);
}

/** Formats indented JSON with each array of numbers on one line. */
export function toJson(value: unknown): string {
  const indented = JSON.stringify(value, null, 2);
  return `${indented.replaceAll(/\[\s+([-\d.eE+,\s]+?)\s+\]/g, (_, numbers: string) => `[${numbers.replaceAll(/\s+/g, ' ')}]`)}\n`;
}
