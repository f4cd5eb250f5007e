/** Reads what the page asks. */

import { z } from 'zod';
import { ROLES } from '../../roles.ts';
import type { TalkRequest } from '../../view/talk/types.ts';
import { Refusal } from '../shell/refusal.ts';

export const TALK_LIMITS = {
  models: 12,
  samples: 32,
  /** Models times samples. */
  completions: 128,
  characters: 8000,
  /** Requests in progress. */
  requests: 8,
};

const request = z.object({
  models: z.array(z.string().min(1).max(400)).min(1).max(TALK_LIMITS.models),
  role: z.enum(ROLES.map(({ name }) => name)),
  question: z.string().max(TALK_LIMITS.characters),
  samples: z.number().int().min(1).max(TALK_LIMITS.samples),
  temperature: z.number().min(0).max(10).nullable(),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .nullable(),
});

/** Reads a request. Throws Refusal 400. */
export function readTalk(body: Buffer): TalkRequest {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'The body is no valid JSON.');
  }
  const parsed = request.safeParse(json);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new Refusal(400, `${path.length === 0 ? 'The request' : path.join('.')} is invalid: ${message}.`);
  }
  const { models, samples, question, role } = parsed.data;
  if (models.length * samples > TALK_LIMITS.completions) {
    throw new Refusal(400, `At most ${TALK_LIMITS.completions} answers at once are possible. Ask for fewer samples.`);
  }
  const answers = ROLES.some((one) => one.name === role && one.answers);
  if (answers && question.trim() === '') throw new Refusal(400, 'The question is empty.');
  return parsed.data;
}
