/**
 * `rzero`: runs, with their config, events and errors. The components have their own paths: `rzero/domains`,
 * `rzero/rewards`, `rzero/eval`, `rzero/answers`, `rzero/generate`, `rzero/engine`, `rzero/grpo`, `rzero/models`,
 * `rzero/store`. Everything else is internal and may change without notice.
 */

export { ablate, type AblateOptions, type AblationEvent } from './ablate/ablate.ts';
export { readPlan, type AblationPlan, type PlanOptions, type Variant } from './ablate/plan.ts';
export type { RunOrigin } from './loop/run/run-once.ts';
export type { AblationResult, PlayedRun, RunResult, VariantResult } from './ablate/result.ts';
export { type ConfigSources, resolveConfig } from './config/load.ts';
export type { Table } from './config/tables.ts';
export type { ArmComparison } from './eval/gains.ts';
export type { Gain } from './eval/paired.ts';
export { configSchema, type ConfigInput, type RunConfig } from './config/schema.ts';
export * from './errors.ts';
export type * from './events.ts';
export { evolve, type Evolution, type EvolveOptions, resume, type ResumeOptions } from './loop/evolve.ts';
export { type RunPlace, runOf } from './run-place.ts';
export type { ExtensionOptions } from './loop/run/extensions.ts';
export type { ServiceChange } from './loop/remote/service-change.ts';
export { ALL_ROLES, ROLES, STAGES, VERIFIER_STAGES } from './roles.ts';
export type * from './types.ts';
