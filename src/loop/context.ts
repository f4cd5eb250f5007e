/**
 * What a stage is given: the run's config and the parts of the program that it may use. A function that needs a few of
 * them asks for those alone (`Pick<RunContext, …>`).
 */

import type { Grader } from '../answers/grader.ts';
import type { RunConfig } from '../config/schema.ts';
import type { Domain } from '../domains/domain.ts';
import type { Ctl, Engine, WeightsRef } from '../engine/engine.ts';
import type { Task } from '../eval/task.ts';
import type { Generator } from '../generate/generator.ts';
import type { Emit } from '../events.ts';
import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import type { DEFAULT_REWARDS } from '../rewards/rewards.ts';
import type { RunStore } from '../store/store.ts';
import type { AnsweredQuestion, StageName } from '../types.ts';
import type { TrainedRole } from './training/roles.ts';

export interface RunContext {
  readonly config: RunConfig;
  /** The trained roles, in the order of an iteration. */
  readonly roles: readonly TrainedRole[];
  /** The stages of one iteration, in order. */
  readonly stages: readonly StageName[];
  readonly engine: Engine;
  readonly tokenizer: Tokenizer;
  readonly domain: Domain;
  /** What each role is paid for in training. */
  readonly rewards: typeof DEFAULT_REWARDS;
  /** Benchmarks by entry of `evaluation.tasks`. */
  readonly tasks: ReadonlyMap<string, readonly Task[]>;
  /** Counts votes and compares attempts with labels: lenient. */
  readonly grader: Grader;
  /** Grades tests: strict. */
  readonly examiner: Grader;
  readonly store: RunStore;
  readonly emit: Emit;
  /** Aborted: finish the step at hand, commit it, and stop. */
  readonly stop: AbortSignal;
  /** The base model. */
  readonly base: WeightsRef;
  /** Longest sequence of the model, in tokens. */
  readonly maxContext: number;
  readonly clock: RunClock;
  /** Questions with known answers that are voted on together with the pool; they decide nothing. */
  readonly planted: readonly AnsweredQuestion[];
  /** Questions with known answers to train on instead of evolving; empty in an evolution. */
  readonly data: readonly AnsweredQuestion[];
  /** Optional LLM judge for a sample of the labels; null = none. */
  readonly judge: JudgeSource | null;
}

/** Opens the judge, once there is something to judge. */
export type JudgeSource = () => Promise<{ judge: Generator; close: () => Promise<void> }>;

/** Wall and engine seconds that have passed since they were last taken. */
export interface RunClock {
  lap(): { seconds: number; engineSeconds: number };
}

/** `startedAt`: when the run was asked for, so that the first lap includes the loading. */
export function createClock(engine: Engine, startedAt: number): RunClock {
  let lastTime = startedAt;
  let lastBusy = engine.busySeconds();
  return {
    lap() {
      const time = performance.now();
      const busy = engine.busySeconds();
      const lap = { seconds: (time - lastTime) / 1000, engineSeconds: busy - lastBusy };
      lastTime = time;
      lastBusy = busy;
      return lap;
    },
  };
}

/** Where in the run a step stands, for its events. */
export interface StepPlace {
  iteration: number;
  stage: StageName;
  step: number;
  steps: number;
}

const PROGRESS_INTERVAL_MS = 200;

/** Call options that turn an engine's progress into `progress` events, a few a second at most. */
export function reporting(ctx: Pick<RunContext, 'emit'>, place: StepPlace, what: string): Ctl {
  let last = -Infinity;
  return {
    onProgress({ done, total, tokensPerSecond }) {
      const now = performance.now();
      if (now - last < PROGRESS_INTERVAL_MS && done < total) return;
      last = now;
      ctx.emit({ type: 'progress', ...place, what, done, total, tokensPerSecond });
    },
  };
}
