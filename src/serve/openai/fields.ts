/**
 * The fields of requests. Fields that no rule names are ignored, as in other servers of this API, so that clients may
 * send hints such as `user` or `store`. A field of OpenAI's API that would change the answer, and is not supported, is
 * refused by name: an answer that silently lacks what was asked for would be wrong.
 */

import { z } from 'zod';
import { invalid, unsupported } from './errors.ts';

const whole = (least: number, most: number) => z.number().int().min(least).max(most);
const SEED = 2 ** 53 - 1;

/** Fields that both kinds of requests have. */
const shared = {
  model: z.string().min(1).max(400),
  n: whole(1, 1_000_000).nullish(),
  seed: whole(-SEED, SEED).nullish(),
  temperature: z.number().min(0).max(100).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  // Not OpenAI's, but common in servers of open models.
  top_k: whole(-1, 1_000_000).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  ignore_eos: z.boolean().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  max_tokens: whole(0, 1_000_000_000).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
};

const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().nullish() }))]).nullish(),
});

const chat = z.looseObject({
  ...shared,
  messages: z.array(message).min(1).max(10_000),
  max_completion_tokens: whole(1, 1_000_000_000).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: whole(0, 20).nullish(),
});

const tokens = z.array(whole(0, 2 ** 31 - 1));

const completion = z.looseObject({
  ...shared,
  prompt: z.union([z.string(), tokens.min(1), z.array(z.string()).min(1), z.array(tokens).min(1)]),
  best_of: whole(1, 1_000_000).nullish(),
  echo: z.boolean().nullish(),
  logprobs: whole(0, 5).nullish(),
  add_special_tokens: z.boolean().nullish(),
});

export type ChatFields = z.infer<typeof chat>;
export type CompletionFields = z.infer<typeof completion>;
export type SharedFields = Pick<ChatFields, keyof typeof shared>;

/** Reads the body of a chat request. Throws ApiError 400. */
export function readChat(body: unknown): ChatFields {
  return read(chat, body);
}

/** Reads the body of a completion request. Throws ApiError 400. */
export function readCompletion(body: unknown): CompletionFields {
  return read(completion, body);
}

function read<T extends Record<string, unknown>>(schema: z.ZodType<T>, body: unknown): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('', 'The body must be a JSON object.', null);
  }
  const given: Record<string, unknown> = { ...body };
  for (const [name, isNeutral, message] of REFUSED) {
    const value = given[name];
    if (value !== undefined && value !== null && !isNeutral(value)) throw unsupported(name, message);
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const name = path.join('.');
  const isMissing = path.length === 1 && given[String(path[0])] === undefined;
  throw isMissing
    ? invalid(name, `The field ${name} is missing.`, 'missing_required_parameter')
    : invalid(name, `The field ${name === '' ? 'of the body' : name} is invalid: ${message}.`);
}

type Rule = readonly [name: string, isNeutral: (value: unknown) => boolean, message: string];

const isZero = (value: unknown): boolean => value === 0;
const isEmpty = (value: unknown): boolean =>
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
const never = (): boolean => false;
const NO_TOOLS = 'Models of this server call no tools. Leave the field out.';
const NO_PENALTY = 'Penalties are not supported: tokens are drawn from the distribution of the model. Use 0.';

/** Fields that are not supported, unless they have a value that changes nothing. */
const REFUSED: readonly Rule[] = [
  ['tools', isEmpty, NO_TOOLS],
  ['tool_choice', (value) => value === 'none' || value === 'auto', NO_TOOLS],
  ['functions', isEmpty, NO_TOOLS],
  ['function_call', (value) => value === 'none' || value === 'auto', NO_TOOLS],
  [
    'response_format',
    (value) => typeof value === 'object' && value !== null && 'type' in value && value.type === 'text',
    'Only {"type": "text"} is supported: answers cannot be held to a JSON schema. Ask for the format in the prompt.',
  ],
  ['presence_penalty', isZero, NO_PENALTY],
  ['frequency_penalty', isZero, NO_PENALTY],
  ['repetition_penalty', (value) => value === 1, 'Penalties are not supported. Use 1.'],
  ['logit_bias', isEmpty, 'logit_bias is not supported.'],
  [
    'modalities',
    (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
    'Models of this server write text only.',
  ],
  ['audio', never, 'Models of this server write text only.'],
  ['prediction', never, 'Predicted outputs are not supported.'],
  ['reasoning_effort', never, 'reasoning_effort is not supported: it depends on the chat template of a model.'],
  ['web_search_options', never, 'Models of this server search nothing.'],
  ['suffix', (value) => value === '', 'Text cannot be inserted before a suffix.'],
];
