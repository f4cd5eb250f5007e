/**
 * The domain `writing`: requests of every kind, in natural language, for real models. The prompts say in our words what
 * those of G-Zero ask (arXiv 2605.09959, code at 44675d2). There is no right answer and no hidden quality.
 */

import type { Domain } from '../domain.ts';
import { parseTaggedTask, wholeResponse, withHint } from '../parse-task.ts';

/** Maximum lengths, in characters. */
const LIMITS = { task: 4000, hint: 2000 };

const CHALLENGER_SYSTEM = `You invent requests that a person might send to an assistant, and for each one a hint that helps to answer it well.
Vary the kind of request. Choose freely among: creative or practical writing; explaining an idea; advice for a decision; analysing a text, an argument or some data; a small programming task; playing a role; open questions about the world. At most one request in six is about mathematics.
The request must stand on its own, name what is wanted, and be hard to answer well without thought. It must not need files, links or news.
The hint is short, at most two sentences. It points to what a good response attends to, such as a structure, a viewpoint or a common mistake. It must not contain the response or a part of it.
First think privately. Then write exactly these two blocks and nothing else:

<question>
{the whole request}
</question>
<hint>
{the hint}
</hint>`;

const CHALLENGER_USER = 'Invent one new request with its hint now. Keep exactly to the format of your instructions.';

export const writing = {
  name: 'writing',
  kind: 'open',
  challengerMessages: () => [
    { role: 'system', content: CHALLENGER_SYSTEM },
    { role: 'user', content: CHALLENGER_USER },
  ],
  solverMessages: (task) => [{ role: 'user', content: task }],
  hintedMessages: (task, hint) => [{ role: 'user', content: withHint(task, hint) }],
  parseQuestion: (completion) => parseTaggedTask(completion, LIMITS),
  extractAnswer: wholeResponse,
} satisfies Domain;
