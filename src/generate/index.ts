/** `rzero/generate`: chat messages in, texts out, from an endpoint, a local model, or a custom generator. */

export type { ChatMessage } from '../types.ts';
export {
  type GenerateCtl,
  type GenerateRequest,
  type Generator,
  greedyRequest,
  type Reply,
  type Retry,
} from './generator.ts';
export { lazyGenerator } from './lazy-generator.ts';
export { localGenerator, type LocalModel } from './local-generator.ts';
export {
  type Access,
  findEvaluated,
  type FindOptions,
  type FoundModel,
  type ModelIdentity,
  openGenerator,
} from './open-model.ts';
export type { PinnedModel } from './run-inputs.ts';
export { type Endpoint, type EndpointOptions, openEndpoint, Purse } from './openai/index.ts';
