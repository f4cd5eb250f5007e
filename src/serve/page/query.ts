/** Reads what the page asks for from the query of an address. Everything is bounded, and unknown fields are refused. */

import { z } from 'zod';
import { QUESTION_SORTS, type QuestionQuery } from '../../view/questions/types.ts';
import { Refusal } from '../shell/refusal.ts';

const MOST_NAMES = 64;
const LONGEST_NAME = 200;
const LONGEST_SEARCH = 500;
const MOST_ITERATIONS = 1000;
const LARGEST_PAGE = 500;

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const word = z.string().regex(/^[\w-]{1,40}$/);

const questionQuery = z.strictObject({
  search: z.string().max(LONGEST_SEARCH).optional(),
  iterations: z.array(count).max(MOST_ITERATIONS).optional(),
  origin: word.optional(),
  agreement: z.tuple([share, share]).optional(),
  verdict: word.optional(),
  label: z.enum(['right', 'wrong', 'ill-posed']).optional(),
  sort: z.enum(QUESTION_SORTS).optional(),
  descending: z.boolean().optional(),
  offset: count.optional(),
  limit: count.max(LARGEST_PAGE).optional(),
});

/** Reads the filters of questions from JSON. Throws Refusal 400 if they are not filters. */
export function readQuestionQuery(text: string | undefined): QuestionQuery {
  const { success, data, error } = questionQuery.safeParse(parsed(text ?? '{}'));
  if (success) return data as QuestionQuery;
  const [issue] = error.issues;
  throw new Refusal(
    400,
    `The query is not valid: ${['query', ...issue.path].map(String).join('.')}: ${issue.message}.`,
  );
}

/** Reads the names of metrics, separated by commas. Throws Refusal 400 for none, and for too many or too long ones. */
export function readNames(text: string | undefined): string[] {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  if (names.length > 0 && names.length <= MOST_NAMES && names.every((name) => name.length <= LONGEST_NAME))
    return names;
  throw new Refusal(400, `Give 1 to ${MOST_NAMES} names of metrics, as in ?names=solver/reward,solver/kl.`);
}

/** Reads a number of an event; 0 if there is none. Throws Refusal 400 for anything else than a whole number. */
export function readNumber(name: string, text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Refusal(400, `${name} is the number of an event.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'The query is no JSON.');
  }
}
