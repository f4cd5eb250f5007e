/**
 * A model that takes part in a conversation: opened weights with their tokenizer, domain and sampling settings. All
 * voices share one engine. Asking is here; who speaks is decided in `conversation.ts`.
 */

import type { RunConfig } from '../../config/schema.ts';
import type { Domain, Executor } from '../../domains/domain.ts';
import { rolePrompt } from '../../domains/role-prompt.ts';
import { readVote, type VoteReader } from '../../domains/vote.ts';
import type { Completion, Engine, SampleRequest, Sampler } from '../../engine/engine.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { completionText } from '../../engine/stop-strings.ts';
import { TextStream } from '../../generate/models/text-stream.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { deriveSeed } from '../../random.ts';
import { ROLES } from '../../roles.ts';
import type { Role } from '../../types.ts';
import type { Subject } from '../settings.ts';
import { fittingPrompt, type Turn } from './turns.ts';

/** One completion, and what the domain extracts from it. */
export interface Reply {
  role: Role;
  /** The question to the Solver; null for the Challenger. */
  asked: string | null;
  completion: string;
  /** The Solver's final answer, or the Challenger's question; null if there is none. */
  reading: string | null;
  /** The oracle's answer to the question; null if unknown. */
  truth: string | null;
  tokens: number;
  stop: 'stop' | 'length';
}

export type RoleEntry = (typeof ROLES)[number];

/** The entry of the table. */
export function roleNamed(role: Role): RoleEntry {
  return ROLES.find(({ name }) => name === role) ?? ROLES[0];
}

export interface Voice {
  subject: Subject;
  role: RoleEntry;
  config: RunConfig;
  domain: Domain;
  tokenizer: Tokenizer;
  sampler: Sampler;
  /** Longest sequence of the model, in tokens. */
  maxContext: number;
}

export interface AskOptions {
  /** Number of completions. */
  n?: number;
  /** Sample as the votes of a run are sampled. */
  votes?: boolean;
  temperature?: number;
  seed: number;
  /** Number of this request in the conversation; with `seed`, it decides what is sampled. */
  turn: number;
  history?: readonly Turn[];
  signal?: AbortSignal;
  /** Called with new text of the first completion. */
  onText?: (text: string) => void;
}

/** What came back: completions, and how many earlier turns the prompt had. */
export interface Answered {
  replies: Reply[];
  turns: number;
}

/** Opens the texts of a model for a role; its weights are `sampler`. */
export async function voiceOf(
  subject: Subject,
  role: Role,
  { config, domain, engine, sampler }: { config: RunConfig; domain: Domain; engine: Engine; sampler: Sampler },
): Promise<Voice> {
  const tokenizer = await loadTokenizer(subject.tokenizer, config);
  const { maxContext } = await engine.inspect(subject.weights);
  return { subject, role: roleNamed(role), config, domain, tokenizer, sampler, maxContext };
}

/** Asks a voice; `asked` is null for the Challenger. Rejects with EngineError `aborted` if `signal` is aborted. */
export async function ask(voice: Voice, asked: string | null, options: AskOptions): Promise<Answered> {
  const { role, config, domain, tokenizer, sampler, maxContext } = voice;
  const { n = 1, seed, turn, history = [], signal, onText } = options;
  const sampling = samplingOptions(options.votes === true ? config.votes : config[role.section]);
  const room = maxContext - sampling.maxTokens;
  const prompt = fittingPrompt(rolePrompt(domain, role, { question: asked ?? '', seed }), history, room, (messages) =>
    encodePrompt({ tokenizer }, messages),
  );
  const request: SampleRequest = {
    prompt: prompt.tokens,
    n,
    seed: deriveSeed(seed, 'chat', turn),
    ...sampling,
    temperature: options.temperature ?? sampling.temperature,
    ...tokenizer.ends,
  };
  const stream = new TextStream(tokenizer, request);
  const onTokens = ({ completion, tokens }: { completion: number; tokens: number[] }): void => {
    if (completion === 0) onText?.(stream.add(tokens));
  };
  const [completions] = await sampler.sample([request], { signal, ...(onText === undefined ? {} : { onTokens }) });
  onText?.(stream.end(completions[0]));
  return { replies: await repliesOf(voice, asked, completions), turns: prompt.turns };
}

async function repliesOf(voice: Voice, asked: string | null, completions: readonly Completion[]): Promise<Reply[]> {
  const executor = voice.domain.openExecutor?.();
  try {
    const replies: Reply[] = [];
    for (const completion of completions) replies.push(await replyOf(voice, executor, asked, completion));
    return replies;
  } finally {
    await executor?.close();
  }
}

async function replyOf(
  { role, domain, tokenizer }: Voice,
  executor: Executor | undefined,
  asked: string | null,
  completion: Completion,
): Promise<Reply> {
  const text = completionText(completion, tokenizer.decode);
  return {
    role: role.name,
    asked,
    completion: text,
    ...(await readingOf({ domain, executor }, asked, text)),
    tokens: completion.tokens.length,
    stop: completion.stop,
  };
}

async function readingOf(
  reader: VoteReader,
  asked: string | null,
  completion: string,
): Promise<Pick<Reply, 'reading' | 'truth'>> {
  const { domain, executor } = reader;
  if (asked !== null) {
    return { reading: await readVote(reader, asked, completion), truth: domain.truth?.(asked) ?? null };
  }
  const { text, invalid } = await (executor ?? domain).parseQuestion(completion);
  return invalid === null ? { reading: text, truth: domain.truth?.(text) ?? null } : { reading: null, truth: null };
}
