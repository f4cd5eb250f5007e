/**
 * Asks several models the same question at the same time, or lets them pose one, and passes on what they say as it is
 * drawn. The domain reads answers and questions, and knows the truth where it has an oracle.
 */

import { randomInt } from 'node:crypto';
import type { Grader } from '../../answers/grader.ts';
import { resolveConfig } from '../../config/load.ts';
import { math } from '../../domains/math/domain.ts';
import type { Domain } from '../../domains/domain.ts';
import { rolePrompt } from '../../domains/role-prompt.ts';
import { readVotes } from '../../domains/vote.ts';
import type { SampleRequest } from '../../engine/engine.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { EngineError, EvalError, isAborted } from '../../errors.ts';
import type { Model, Models } from '../../generate/models/models.ts';
import { replyTo } from '../../generate/models/reply.ts';
import { openDomainFrom } from '../../loop/run/code-record.ts';
import { Refusal } from '../shell/refusal.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { ROLES } from '../../roles.ts';
import type { TalkEvent, TalkReading, TalkRequest, TalkVote } from '../../view/talk/types.ts';

export interface TalkTools {
  models: Models;
  /** Groups equal answers. */
  grader: (domain: Domain) => Grader;
  signal: AbortSignal;
  /** Called with failures that are faults of this program or of the machine. */
  onFault: (error: unknown) => void;
}

/** Asks all models, and calls `send` with every event. Rejects only if the caller has gone. */
export async function talk(request: TalkRequest, tools: TalkTools, send: (event: TalkEvent) => void): Promise<void> {
  const seed = request.seed ?? randomInt(2 ** 32);
  await Promise.all(
    request.models.map(async (id, at) => {
      try {
        await askOne({ ...request, seed }, { id, at }, tools, send);
      } catch (error) {
        tools.signal.throwIfAborted();
        send({ kind: 'failed', at, message: reasonOf(error, tools.onFault) });
      }
    }),
  );
  send({ kind: 'done', seed });
}

type Seeded = TalkRequest & { seed: number };

async function askOne(
  request: Seeded,
  { id, at }: { id: string; at: number },
  { models, grader, signal }: TalkTools,
  send: (event: TalkEvent) => void,
): Promise<void> {
  const model = await models.open(id);
  if (model === null) throw new Refusal(404, `There is no model ${JSON.stringify(id.slice(0, 120))}.`);
  const domain = model.domain === null ? math : (await openDomainFrom(model.runDir, model.domain)).domain;
  const role = ROLES.find(({ name }) => name === request.role) ?? ROLES[0];
  const truth = role.answers ? (domain.truth?.(request.question) ?? null) : null;
  send({ kind: 'open', at, truth });
  const texts = Array.from({ length: request.samples }, () => '');
  const drawn = texts.map(() => 0);
  const replies = await replyTo(model, sampleRequest(request, role, model, domain), {
    signal,
    onText: ({ index, text, tokens, stop }) => {
      texts[index] += text;
      drawn[index] += tokens.length;
      if (text !== '') send({ kind: 'text', at, sample: index, text });
      if (stop === null) return;
      const reading = readingOf(domain, role.answers, texts[index]);
      send({ kind: 'end', at, sample: index, tokens: drawn[index], stop, ...reading });
    },
  });
  if (!role.answers) return;
  const whole = replies.map(({ text }) => text);
  const answers = await answersOf(domain, request.question, whole);
  const { votes, unanswered } = await votesOf(answers, grader(domain), truth);
  send({ kind: 'votes', at, votes, unanswered });
}

type RoleEntry = (typeof ROLES)[number];

function sampleRequest(request: Seeded, role: RoleEntry, model: Model, domain: Domain): SampleRequest {
  const { config, tokenizer, info } = model;
  const dials = samplingOptions(resolveConfig({ flags: { ...config } })[role.section]);
  const prompt = encodePrompt({ tokenizer }, rolePrompt(domain, role, request));
  const room = info.maxContext - prompt.length;
  if (room < 1) {
    const most = info.maxContext - 1;
    throw new Refusal(400, `The question has ${prompt.length} tokens with its prompt; the model has room for ${most}.`);
  }
  return {
    prompt,
    n: request.samples,
    seed: request.seed,
    ...dials,
    ...tokenizer.ends,
    temperature: request.temperature ?? dials.temperature,
    maxTokens: Math.min(dials.maxTokens, room),
  };
}

function readingOf(domain: Domain, answers: boolean, text: string): TalkReading {
  if (answers) return { reading: domain.extractAnswer(text), truth: null, invalid: null };
  const { text: question, invalid } = domain.parseQuestion(text);
  if (invalid !== null) return { reading: question === '' ? null : question, truth: null, invalid };
  return { reading: question, truth: domain.truth?.(question) ?? null, invalid };
}

/** Reads the votes of the replies; a domain that runs programs runs them. */
async function answersOf(domain: Domain, question: string, texts: readonly string[]): Promise<(string | null)[]> {
  const executor = domain.openExecutor?.();
  try {
    return await readVotes({ domain, executor }, question, texts);
  } finally {
    await executor?.close();
  }
}

async function votesOf(
  answers: readonly (string | null)[],
  grader: Grader,
  truth: string | null,
): Promise<{ votes: TalkVote[]; unanswered: number }> {
  const tally = await grader.tally(answers);
  const isTrue = truth === null ? null : grader.comparerTo(truth);
  const votes = await Promise.all(
    tally.groups.map(async ({ answer, count }) => ({
      answer,
      count,
      isTrue: isTrue === null ? null : await isTrue(answer),
    })),
  );
  return { votes, unanswered: tally.unanswered };
}

/** The reason in a sentence, without the folders of the server. */
function reasonOf(error: unknown, onFault: (error: unknown) => void): string {
  if (error instanceof Refusal) return error.message;
  if (isAborted(error)) return 'The server is being stopped.';
  const isOfUser = error instanceof EngineError && (error.kind === 'user' || error.kind === 'budget');
  if (isOfUser || error instanceof EvalError) return error.message.split('\n', 1)[0];
  onFault(error);
  return 'The model cannot be asked. The output of the server has the reason.';
}
