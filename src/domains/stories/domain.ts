/**
 * The domain `stories`: an open domain that can be audited. A task asks for a question about someone's things that uses
 * given numbers; eight criteria that no training sees measure how well a response does it. It shows in minutes whether a
 * reward for open tasks raises the hidden quality, or is hacked. The tasks are in `task.ts`, the criteria in
 * `criteria.ts`, the documents of a base model in `corpus.ts`.
 */

import type { Domain } from '../domain.ts';
import { parseTaggedTask, wholeResponse, withHint } from '../parse-task.ts';
import { CHALLENGER_PROMPT } from './corpus.ts';
import { CRITERIA, storyQuality } from './criteria.ts';
import { heldOutTasks, isHeldOutTask } from './held-out.ts';
import { parseTask } from './task.ts';

/** Maximum lengths, in characters. */
const LIMITS = { task: 120, hint: 80 };

export const stories = {
  name: 'stories',
  kind: 'open',
  challengerMessages: () => [{ role: 'user', content: CHALLENGER_PROMPT }],
  solverMessages: (task) => [{ role: 'user', content: task }],
  hintedMessages: (task, hint) => [{ role: 'user', content: withHint(task, hint) }],
  parseQuestion: (completion) => parseTaggedTask(completion, LIMITS),
  extractAnswer: wholeResponse,
  isWellPosed: (task) => parseTask(task) !== null,
  heldOutTasks: { tasks: heldOutTasks, includes: isHeldOutTask },
  criteria: CRITERIA,
  quality: (text, response) => {
    const task = parseTask(text);
    return task === null ? null : storyQuality(task, response);
  },
  difficulty: { unit: 'numbers', of: (text) => parseTask(text)?.numbers.length ?? null },
} satisfies Domain;
