/**
 * The library's public surface: `evolve`, `resume` and `ablate`, the data they speak in, and the seams that can be
 * filled with something else (engine, store). Everything not named here may change without notice.
 */

export { evolve, resume, type Evolution, type EvolveOptions, type ResumeOptions } from './loop/evolve.ts';
export { ablate, type AblateOptions, type AblationEvent } from './ablate/ablate.ts';
export { readRecipe, type Recipe, type RecipeOptions, type Variant } from './ablate/recipe.ts';
export type { AblationResult, RunResult, VariantResult } from './ablate/result.ts';
export { openEngine } from './engine/index.ts';
export { openEndpoint, type Endpoint, type EndpointOptions } from './generate/openai/index.ts';
export { resolveConfig, type ConfigSources } from './config/load.ts';
export { configSchema, type ConfigInput, type RunConfig } from './config/schema.ts';
export { findTasks } from './eval/benchmarks/index.ts';
export { ownFileTask } from './eval/benchmarks/own-file.ts';
export { loadTask, type DataOptions, type LoadedTask } from './eval/load-task.ts';
export { evaluateTask, type EvaluationDials, type EvaluationTools } from './eval/harness.ts';
export { openLog, readLog, type EvaluationAbout, type EvaluationLog, type EvaluationReader } from './eval/log/log.ts';
export { compareLogs, type Comparison } from './eval/log/compare-logs.ts';
export { summarize, type EvaluationResults, type TaskResult } from './eval/summarize.ts';
export type { Task } from './eval/task.ts';
export { loadDomain } from './domains/index.ts';
export { loadTokenizer, type Tokenizer } from './models/tokenizer/tokenizer.ts';
export { createMemoryRun } from './store/memory.ts';
export { readEvents, type ReadLog } from './store/event-log.ts';
export { followEvents, type FollowOptions } from './store/follow-events.ts';
export { createRun, openRun } from './store/sqlite.ts';
export type { RunMeta, RunStore, Unit, WeightsRecord } from './store/store.ts';
export type { Domain, HeldOutQuestion, ParsedQuestion } from './domains/domain.ts';
export type * from './engine/engine.ts';
export type { MakeEngine } from './engine/module-kind.ts';
export { greedyRequest, type Generator, type GenerateRequest, type Reply } from './generate/generator.ts';
export type * from './events.ts';
export type * from './types.ts';
export * from './errors.ts';
