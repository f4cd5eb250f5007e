/** `rzero/domains`: the built-in domains, and the building blocks for your own. */

export { lastBoxed } from '../answers/read/extract.ts';
export type { LoadedModule } from '../modules.ts';
export type { QuestionWithAnswer, ChatMessage, InvalidReason } from '../types.ts';
export { arithmetic } from './arithmetic/domain.ts';
export { code } from './code/domain.ts';
export { math } from './math/domain.ts';
export {
  defineDomain,
  type Difficulty,
  type Domain,
  type Executor,
  type HeldOutQuestion,
  type HeldOutTasks,
  type HeldOutTest,
  type ParsedQuestion,
  type QuestionView,
  type Verification,
  type WorkedSteps,
} from './domain.ts';
export { loadDomain, openDomain, type OpenedDomain } from './open-domain.ts';
export { type Quality, readQuality } from './read-quality.ts';
export { stories } from './stories/domain.ts';
export { writing } from './writing/domain.ts';
export { parseTaggedTask, type TaskLimits, wholeResponse, withHint } from './parse-task.ts';
export { boxedAnswer, parseTaggedQuestion } from './parse-question.ts';
