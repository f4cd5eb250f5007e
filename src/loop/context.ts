/**
 * The context of a run: its config and the components that the stages use. A function that needs only a few fields
 * takes only those (`Pick<RunContext, …>`).
 */

import type { Grader } from '../answers/grader.ts';
import type { RunConfig } from '../config/schema.ts';
import type { Domain, Executor } from '../domains/domain.ts';
import type { Ctl, Engine, WeightsRef } from '../engine/engine.ts';
import type { Task } from '../eval/task.ts';
import type { Generator } from '../generate/generator.ts';
import type { Emit } from '../events.ts';
import type { Finding } from '../models/facts/finding.ts';
import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import type { DEFAULT_REWARDS } from '../rewards/rewards.ts';
import type { Scorer } from '../scoring/scorer.ts';
import type { RunStore } from '../store/store.ts';
import type { EngineUsage, QuestionWithAnswer, StageName } from '../types.ts';
import type { Budget } from './remote/budget.ts';
import { usageMetrics } from './remote/usage.ts';
import type { TrainedRole } from './training/roles.ts';

/** Everything that a stage may use. */
export interface RunContext {
  readonly config: RunConfig;
  /** The trained roles, in the order of an iteration. */
  readonly roles: readonly TrainedRole[];
  /** The stages of one iteration, in order. */
  readonly stages: readonly StageName[];
  readonly engine: Engine;
  readonly tokenizer: Tokenizer;
  readonly domain: Domain;
  /** Runs the programs of the domain; absent for a domain that runs none. */
  readonly executor?: Executor;
  /** Reward functions by role. */
  readonly rewards: typeof DEFAULT_REWARDS;
  /** Benchmarks, by their entry in `evaluation.tasks`. */
  readonly tasks: ReadonlyMap<string, readonly Task[]>;
  /** Counts votes and compares attempts with labels: lenient. */
  readonly grader: Grader;
  /** Grades tests: strict. */
  readonly examiner: Grader;
  readonly store: RunStore;
  readonly emit: Emit;
  /** When aborted, the run stops after its last committed step. A reason other than an abort is the run's failure. */
  readonly stop: AbortSignal;
  /** The base model. */
  readonly base: WeightsRef;
  /** Context length of the model, in tokens. */
  readonly maxContext: number;
  /** Contradictions between the model's files, its template and the settings; absent: not compared. */
  readonly facts?: readonly Finding[];
  readonly clock: RunClock;
  /** Limit on the use of a service; absent: none. */
  readonly budget?: Budget;
  /** Questions with known answers that get votes like the pool; used for audits only. */
  readonly planted: readonly QuestionWithAnswer[];
  /** Labelled questions for supervised training; empty in a co-evolution. */
  readonly data: readonly QuestionWithAnswer[];
  /** Optional LLM judge for a sample of the labels; null = none. */
  readonly judge: JudgeSource | null;
  /** The user's scorer of responses to open tasks (`open.module`); null = none. */
  readonly scorer: Scorer | null;
}

/** Opens the judge. Called when there are labels to judge. Aborting the signal ends the opening. */
export type JudgeSource = (signal: AbortSignal) => Promise<{ judge: Generator; close: () => Promise<void> }>;

/** Measures wall and engine seconds, and the engine's usage as metrics, since the previous lap. */
export interface RunClock {
  lap(): { seconds: number; engineSeconds: number; usage: Record<string, number> };
}

/**
 * Creates the clock of a session.
 * @param startedAt `performance.now()` at the start, so that the first lap includes loading
 * @param usedAt the engine's usage at the start; null: nothing yet
 */
export function createClock(engine: Engine, startedAt: number, usedAt: EngineUsage | null = null): RunClock {
  let lastTime = startedAt;
  let lastBusy = engine.busySeconds();
  let lastUsage = usedAt;
  return {
    lap() {
      const time = performance.now();
      const busy = engine.busySeconds();
      const used = engine.usage?.() ?? null;
      const lap = {
        seconds: (time - lastTime) / 1000,
        engineSeconds: busy - lastBusy,
        usage: usageMetrics(lastUsage, used),
      };
      lastTime = time;
      lastBusy = busy;
      lastUsage = used;
      return lap;
    },
  };
}

/** Identifies a step within the run. */
export interface StepPlace {
  iteration: number;
  stage: StageName;
  step: number;
  steps: number;
}

const PROGRESS_INTERVAL_MS = 200;

/** What the calls of a step use of a run: where progress goes, and the signal that aborts them. */
export type CallContext = Pick<RunContext, 'emit' | 'stop'>;

/**
 * Returns call options that report an engine's progress as `progress` events, at most five per second, and abort the
 * call when the run is asked to stop.
 */
export function reporting(ctx: CallContext, place: StepPlace, what: string): Ctl {
  let last = -Infinity;
  return {
    signal: ctx.stop,
    onProgress({ done, total, tokensPerSecond }) {
      const now = performance.now();
      if (now - last < PROGRESS_INTERVAL_MS && done < total) return;
      last = now;
      ctx.emit({ type: 'progress', ...place, what, done, total, tokensPerSecond });
    },
  };
}
