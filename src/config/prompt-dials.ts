/** Settings of prompts: variables of the chat template, ends of completions, the date. Next: `models/tokenizer`. */

import { z } from 'zod';

/** Names of Jinja's own values, and those that prompts set themselves. */
const RESERVED = [
  'messages',
  'add_generation_prompt',
  'strftime_now',
  'rzero_strftime',
  'raise_exception',
  'range',
  'true',
  'false',
  'none',
  'True',
  'False',
  'None',
];

const isName = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name) && !RESERVED.includes(name);

function isDate(text: string): boolean {
  if (text === '') return true;
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** Python's spelling would be a text, which every template takes for true. */
function isNoPython(text: string): boolean {
  return text !== 'True' && text !== 'False';
}

export const template = z
  .record(
    z.string(),
    z.union([
      z.string().refine(isNoPython, { error: ({ input }) => `must be written as ${String(input).toLowerCase()}` }),
      z.number(),
      z.boolean(),
    ]),
  )
  .default({})
  .refine((variables) => Object.keys(variables).every(isName), {
    message: `must name variables of letters, digits and _ (not ${RESERVED.join(', ')})`,
  })
  .describe(
    'Variables for the chat template, e.g. `enable_thinking = false` or `date_string = "26 Jul 2024"`: texts, numbers, true or false.',
  );

export const prompt = z.strictObject({
  stop: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Additional texts that end a completion, e.g. the chat template's end of a turn if the model's files name another end token.",
    ),
  system: z
    .enum(['message', 'user'])
    .default('message')
    .describe(
      '`user`: put the system message at the beginning of the user message, for chat templates that refuse or drop it.',
    ),
  date: z
    .string()
    .refine(isDate, { message: 'is not a date (YYYY-MM-DD)' })
    .default('')
    .describe(
      "Today's date for chat templates that write it, YYYY-MM-DD; empty = the day on which the run starts, which the run records.",
    ),
});
