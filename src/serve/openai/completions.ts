/**
 * `/v1/completions`: prompts in, their continuations out. With `echo`, a prompt's own log-probabilities come first, which
 * is how evaluation harnesses score given answers.
 */

import type { SampleRequest } from '../../engine/engine.ts';
import type { Model } from '../../generate/models/models.ts';
import { replyTo, type TextReply } from '../../generate/models/reply.ts';
import { type Head, headOf, type Usage, usageOf } from './answer.ts';
import { invalid, unsupported } from './errors.ts';
import type { CompletionFields } from './fields.ts';
import { type Likely, likeliestOf, scoresOf } from './likeliest.ts';
import type { ApiLimits } from './limits.ts';
import { type CompletionLogprobs, completionLogprobs } from './logprobs.ts';
import { type Prompt, promptsOf } from './prompts.ts';
import { checkRoom, type Dials, dialsOf } from './sampling.ts';
import type { EventStream } from './stream.ts';

export interface CompletionAnswer extends Head {
  object: 'text_completion';
  choices: CompletionChoice[];
  usage: Usage;
}

interface CompletionChoice {
  index: number;
  text: string;
  logprobs: CompletionLogprobs | null;
  finish_reason: 'stop' | 'length';
}

/** A checked request. */
interface Plan {
  prompts: Prompt[];
  dials: Dials;
  maxTokens: number;
  /** Completions per prompt that are returned. */
  n: number;
  echo: boolean;
  /** Null if no log-probabilities are returned; else the number of most likely tokens. */
  top: 0 | 1 | null;
}

/** Tokens that the API draws by default. */
const DEFAULT_TOKENS = 16;

/** Answers a completion request as a whole. Throws ApiError, and as `Model.ask`. */
export async function answerCompletion(
  fields: CompletionFields,
  model: Model,
  limits: ApiLimits,
  signal?: AbortSignal,
): Promise<CompletionAnswer> {
  const plan = planOf(fields, model, limits);
  const asked = { model, limits, signal };
  const parts = await Promise.all(plan.prompts.map((prompt) => continued(prompt, plan, asked)));
  return {
    ...headOf('cmpl', model),
    object: 'text_completion',
    choices: parts.flatMap(({ choices }) => choices).map((choice, index) => ({ index, ...choice })),
    usage: usageOf(
      promptTokens(plan),
      parts.reduce((sum, { drawn }) => sum + drawn, 0),
    ),
  };
}

/** Streams the answer to a completion request. Throws as `answerCompletion`, before or after the stream has begun. */
export async function streamCompletion(
  fields: CompletionFields,
  model: Model,
  limits: ApiLimits,
  stream: EventStream,
  signal: AbortSignal,
): Promise<void> {
  const plan = planOf(fields, model, limits);
  if (plan.dials.n !== plan.n) throw unsupported('best_of', 'best_of cannot be streamed.');
  if (plan.echo) throw unsupported('echo', 'echo cannot be streamed.');
  if (plan.top === 1) throw unsupported('logprobs', 'Most likely tokens cannot be streamed. Use logprobs: 0.');
  const { decode } = model.tokenizer;
  const withUsage = fields.stream_options?.include_usage === true;
  const head = { ...headOf('cmpl', model), object: 'text_completion' };
  const send = (choices: CompletionChoice[] | StreamedChoice[], usage: Usage | null = null): void =>
    stream.send({ ...head, choices, ...(withUsage ? { usage } : {}) });
  const offsets = new Map<number, number>();
  const replies = await Promise.all(
    plan.prompts.map((prompt, at) =>
      replyTo(model, requestOf(prompt, plan), {
        signal,
        onText: ({ index: own, text, tokens, logprobs: values, stop }) => {
          const index = at * plan.n + own;
          const offset = offsets.get(index) ?? 0;
          const logprobs = plan.top === null ? null : completionLogprobs(tokens, values, decode, { offset });
          offsets.set(index, offset + decode(tokens).length);
          if (text !== '' || stop !== null || (logprobs !== null && tokens.length > 0)) {
            send([{ index, text, logprobs, finish_reason: stop }]);
          }
        },
      }),
    ),
  );
  const drawn = replies.flat().reduce((sum, { tokens }) => sum + tokens.length, 0);
  if (withUsage) send([], usageOf(promptTokens(plan), drawn));
}

type StreamedChoice = Omit<CompletionChoice, 'finish_reason'> & { finish_reason: 'stop' | 'length' | null };

function planOf(fields: CompletionFields, model: Model, limits: ApiLimits): Plan {
  const { max_tokens: asked, echo, logprobs, best_of: best } = fields;
  if ((logprobs ?? 0) > 1) {
    throw unsupported('logprobs', 'At most the most likely token of each position is known: use 0 or 1.');
  }
  const maxTokens = asked ?? DEFAULT_TOKENS;
  if (maxTokens === 0 && echo !== true) throw invalid('max_tokens', 'max_tokens: 0 needs echo: true.');
  const dials = dialsOf(fields, model, limits);
  const drawn = best ?? dials.n;
  if (drawn < dials.n) throw invalid('best_of', 'best_of must be at least n.');
  if (drawn > limits.n) throw invalid('best_of', `At most ${limits.n} completions per prompt are possible.`);
  const prompts = promptsOf(fields, model, limits);
  if (prompts.length * drawn > limits.completions) {
    throw invalid('n', `At most ${limits.completions} completions per request are possible. Send fewer prompts.`);
  }
  for (const { tokens } of prompts) checkRoom(tokens, maxTokens, model, { prompt: 'prompt', tokens: 'max_tokens' });
  const top = logprobs === null || logprobs === undefined ? null : logprobs > 0 ? 1 : 0;
  return { prompts, dials: { ...dials, n: drawn }, maxTokens, n: dials.n, echo: echo === true, top };
}

function requestOf({ tokens }: Prompt, { dials, maxTokens }: Plan): SampleRequest {
  return { ...dials, prompt: tokens, maxTokens };
}

function promptTokens({ prompts }: Plan): number {
  return prompts.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

interface Asked {
  model: Model;
  limits: ApiLimits;
  signal?: AbortSignal;
}

/** Continues one prompt. Returns its choices, and the number of tokens that were drawn for them. */
async function continued(
  prompt: Prompt,
  plan: Plan,
  asked: Asked,
): Promise<{ choices: Omit<CompletionChoice, 'index'>[]; drawn: number }> {
  const { model, signal } = asked;
  const [known, replies] = await Promise.all([
    plan.echo && plan.top !== null ? echoOf(prompt, plan, asked) : null,
    plan.maxTokens === 0 ? Promise.resolve(NOTHING) : replyTo(model, requestOf(prompt, plan), { signal }),
  ]);
  const kept = plan.dials.n === plan.n ? replies : bestOf(replies, plan.n);
  const choices = await Promise.all(
    kept.map(async (reply) => ({
      text: plan.echo ? prompt.text + reply.text : reply.text,
      logprobs: plan.top === null ? null : await logprobsOf(prompt, reply, plan, known, asked),
      finish_reason: reply.stop,
    })),
  );
  return { choices, drawn: replies.reduce((sum, { tokens }) => sum + tokens.length, 0) };
}

/** The reply of a request that only scores its prompt. */
const NOTHING: readonly TextReply[] = [
  { text: '', tokens: new Int32Array(0), logprobs: new Float32Array(0), stop: 'length', policyVersion: 0 },
];

/** Returns the replies with the highest log-probability per token, the best first. */
function bestOf(replies: readonly TextReply[], n: number): TextReply[] {
  const mean = ({ logprobs }: TextReply): number => {
    const sum = [...logprobs].reduce((total, one) => total + one, 0);
    return sum / logprobs.length;
  };
  return replies.toSorted((a, b) => mean(b) - mean(a)).slice(0, n);
}

/** What is known about the tokens of an echoed prompt. Before the first one there is nothing. */
interface Echo {
  logprobs: (number | null)[];
  top: (Likely | null)[] | null;
}

async function echoOf({ tokens }: Prompt, { top }: Plan, { model, limits, signal }: Asked): Promise<Echo> {
  const scores = await scoresOf(model, tokens, signal);
  const likeliest =
    top === 1 ? await likeliestOf(model, tokens, 1, scores, { most: limits.probedTokens, signal }) : null;
  return { logprobs: [null, ...scores], top: likeliest === null ? null : [null, ...likeliest] };
}

async function logprobsOf(
  prompt: Prompt,
  { tokens, logprobs }: TextReply,
  plan: Plan,
  echo: Echo | null,
  { model, limits, signal }: Asked,
): Promise<CompletionLogprobs> {
  const { decode } = model.tokenizer;
  const top = plan.top === 1 ? await drawnTop() : null;
  if (echo === null) return completionLogprobs([...tokens], [...logprobs], decode, { top });
  return completionLogprobs([...prompt.tokens, ...tokens], [...echo.logprobs, ...logprobs], decode, {
    top: top === null ? null : [...(echo.top ?? []), ...top],
  });

  async function drawnTop(): Promise<Likely[]> {
    if (plan.dials.temperature === 0) return Array.from(tokens, (token, at) => ({ token, logprob: logprobs[at] }));
    const sequence = Int32Array.of(...prompt.tokens, ...tokens);
    return likeliestOf(model, sequence, prompt.tokens.length, logprobs, { most: limits.probedTokens, signal });
  }
}
