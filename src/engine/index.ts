/** `rzero/engine`: the interface between algorithm and hardware, and the local engine. */

export { deriveSeed, Random } from '../random.ts';
export type { AdapterShape, AdapterTarget, DeviceName } from '../types.ts';
export type * from './engine.ts';
export { createLocalEngine } from './local/index.ts';
export type { Precision } from './local/graph/model-inputs.ts';
export type { LocalEngineOptions } from './local/protocol.ts';
export type { EngineConfig } from '../config/schema.ts';
export type { DeviceChoice, EngineHooks, Workload } from './kind.ts';
export { createFlow, type Flow, type Take } from './flow/flow.ts';
export type { MakeEngine } from './module-kind.ts';
export { openEngine } from './open-engine.ts';
export { samplingOptions, type SamplingDials } from './sampling-options.ts';
export { completionText, type Decode } from './stop-strings.ts';
