/**
 * Checks the config's token limits against the base model, before a run samples: prompts and completions must fit into
 * the model's context, and prompts into its vocabulary. A limit that fills the context would mark every question as
 * ill-formed, and the run would end with too few of them.
 */

import { flagsOf } from '../../config/dials/check-dials.ts';
import { hasVerifier, isSupervised, trainsChallenger } from '../../config/phases.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import type { Tokens } from '../../engine/engine.ts';
import { ConfigError } from '../../errors.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import type { ChatMessage } from '../../types.ts';
import { verdictRoom, verificationOf } from '../verifier/ask-verdicts.ts';

/** The base model, as the checks need it. */
export interface ModelSizes {
  tokenizer: Tokenizer;
  domain: Domain;
  /** Maximum sequence length, in tokens. */
  maxContext: number;
  /** Number of tokens that the model knows. */
  vocabulary: number;
}

type Section = 'challenger' | 'pool' | 'votes' | 'solver' | 'evaluation';

/** A section of the config with a limit on completions, and the prompt that they follow. */
interface Use {
  section: Section;
  /** Whose prompt it is, for messages. */
  whose: string;
  /** Tokens of the prompt, with room for a posed question. */
  prompt: number;
  maxTokens: number;
}

/** A limit that does not fit, and the largest one that does; null if none does. */
interface Excess extends Use {
  fitting: number | null;
}

/** A typical competition problem, for domains without questions of their own. */
const EXAMPLE =
  'Let a, b and c be positive real numbers whose sum is 12. Find the largest possible value of a·b + b·c + c·a, and ' +
  'determine for which triples (a, b, c) it is reached. Give the largest value as an integer.';
/** Held-out or generated questions that are measured. */
const EXAMPLES = 64;

/**
 * Checks that the prompts and the completions of a run fit into the model.
 * @throws ConfigError with the settings that fit
 */
export function checkSizes(config: RunConfig, model: ModelSizes): void {
  checkVocabulary(config, model);
  const excess = excesses(config, model);
  if (excess.length === 0) return;
  const lines = excess.map(
    ({ section, whose, prompt, maxTokens }) => `${section}.maxTokens = ${maxTokens} and ${whose} of ${prompt} tokens`,
  );
  const message = `The model's context of ${model.maxContext} tokens is too short for ${listed(lines)}.`;
  throw new ConfigError(message, adviceOf(excess));
}

/** Returns the limits on completions that do not fit into the model's context. Pure. */
export function excesses(config: RunConfig, model: ModelSizes): Excess[] {
  return usesOf(config, model).flatMap((use) => {
    if (use.prompt + use.maxTokens <= model.maxContext) return [];
    const room = model.maxContext - use.prompt;
    return [{ ...use, fitting: room >= 1 ? room : null }];
  });
}

/** Returns the tokens of a run's longest prompt: the Challenger's, the longest of its test and example questions, or the Verifier's. */
export function longestPrompt(config: RunConfig, model: Pick<ModelSizes, 'tokenizer' | 'domain'>): number {
  return Math.max(
    posingPrompt(model),
    examplePrompt(model),
    config.evaluation.questions === 0 ? 0 : longestTestPrompt(config, model),
    hasVerifier(config) ? judgingPrompt(config, model) - verdictRoom(config) + config.votes.maxTokens : 0,
  );
}

function usesOf(config: RunConfig, model: ModelSizes): Use[] {
  const { challenger, pool, votes, evaluation } = config;
  const posing = posingPrompt(model);
  const tested = evaluation.questions === 0 ? 0 : longestTestPrompt(config, model);
  const use = (section: Section, whose: string, prompt: number, { maxTokens }: { maxTokens: number }): Use[] =>
    prompt === 0 ? [] : [{ section, whose, prompt, maxTokens }];
  const test = use('evaluation', 'a held-out question', tested, evaluation);
  // Labelled questions are checked one by one when they are read.
  if (isSupervised(config)) return test;
  const answering = (section: 'votes' | 'solver'): Use[] =>
    use(section, "a question's prompt", questionRoom(config, model, { section, posing }), config[section]);
  return [
    ...(trainsChallenger(config) ? use('challenger', "the Challenger's prompt", posing, challenger) : []),
    ...use('pool', "the Challenger's prompt", posing, pool),
    ...answering('votes'),
    ...answering('solver'),
    ...(hasVerifier(config)
      ? use('votes', "the Verifier's prompt around it", judgingPrompt(config, model), votes)
      : []),
    ...test,
  ];
}

/**
 * Returns the tokens of a Solver's prompt: at least those of the longest example. If the limit of an answer does not
 * leave them, half of the context is reserved for the question, as far as the Challenger can fill it.
 */
function questionRoom(
  config: RunConfig,
  model: ModelSizes,
  { section, posing }: { section: 'votes' | 'solver'; posing: number },
): number {
  const { domain, maxContext } = model;
  const example = examplePrompt(model);
  if (example + config[section].maxTokens <= maxContext) return example;
  const empty = lengthOf(model, domain.solverMessages(''));
  const posed = Math.min(config.pool.maxTokens, Math.max(0, maxContext - posing));
  return Math.max(example, empty + Math.min(posed, Math.floor((maxContext - empty) / 2)));
}

/** Returns the tokens around an attempt that the Verifier judges: those of its prompt, and of its verdict or check. */
function judgingPrompt(config: RunConfig, model: Pick<ModelSizes, 'tokenizer' | 'domain'>): number {
  const { messages, opening } = verificationOf(model);
  const prefix = config.verifier.kind === 'token' ? opening : undefined;
  const lengths = exampleTexts(model.domain).map((text) => lengthOf(model, messages(text, '', false), prefix));
  return Math.max(...lengths) + verdictRoom(config);
}

/** Returns the tokens of the Challenger's longest prompt, of some that the domain draws. */
function posingPrompt(model: Pick<ModelSizes, 'tokenizer' | 'domain'>): number {
  return Math.max(...posingPrompts(model.domain).map((messages) => lengthOf(model, messages)));
}

/** Returns the Challenger's prompts for some seeds; one if they do not depend on the seed. */
function posingPrompts(domain: Domain): ChatMessage[][] {
  const drawn = Array.from({ length: EXAMPLES }, (_, seed) => domain.challengerMessages(seed));
  return [...new Map(drawn.map((messages) => [JSON.stringify(messages), messages])).values()];
}

/** Returns the tokens of the longest prompt of an example question. */
function examplePrompt(model: Pick<ModelSizes, 'tokenizer' | 'domain'>): number {
  const texts = exampleTexts(model.domain);
  return Math.max(...texts.map((text) => lengthOf(model, model.domain.solverMessages(text))));
}

function exampleTexts({ heldOut, generate }: Domain): string[] {
  const own = heldOut?.questions(EXAMPLES) ?? generate?.(EXAMPLES, 1) ?? [];
  return own.length === 0 ? [EXAMPLE] : own.map(({ text }) => text);
}

/** Returns the mean tokens of the Challenger's prompts. */
export function typicalPosing({ tokenizer, domain }: Pick<ModelSizes, 'tokenizer' | 'domain'>): number {
  return meanLength(posingPrompts(domain).map((messages) => lengthOf({ tokenizer }, messages)));
}

/** Returns the mean tokens of the prompts of example questions. */
export function typicalPrompt(model: Pick<ModelSizes, 'tokenizer' | 'domain'>): number {
  const texts = exampleTexts(model.domain);
  return meanLength(texts.map((text) => lengthOf(model, model.domain.solverMessages(text))));
}

/**
 * Returns the mean tokens of the examples in the prompts of both roles, with the token that ends a turn. Examples are
 * earlier turns of the assistant. Null for a role whose prompts have none.
 */
export function exampleLengths({ tokenizer, domain }: Pick<ModelSizes, 'tokenizer' | 'domain'>): {
  question: number | null;
  answer: number | null;
} {
  const lengthIn = (prompts: readonly ChatMessage[][]): number | null => {
    const examples = prompts.flat().filter(({ role }) => role === 'assistant');
    return examples.length === 0
      ? null
      : meanLength(examples.map(({ content }) => tokenizer.encode(content).length + 1));
  };
  return { question: lengthIn(posingPrompts(domain)), answer: lengthIn([domain.solverMessages(EXAMPLE)]) };
}

/** Returns the number of tokens that the prompts of all example questions begin with. */
export function sharedBeginning({ tokenizer, domain }: Pick<ModelSizes, 'tokenizer' | 'domain'>): number {
  const [first, ...others] = [...exampleTexts(domain), ''].map((text) =>
    encodePrompt({ tokenizer }, domain.solverMessages(text)),
  );
  let at = 0;
  while (at < first.length && others.every((tokens) => tokens[at] === first[at])) at++;
  return at;
}

function meanLength(lengths: readonly number[]): number {
  return Math.round(lengths.reduce((sum, length) => sum + length, 0) / lengths.length);
}

function longestTestPrompt({ evaluation }: RunConfig, model: Pick<ModelSizes, 'tokenizer' | 'domain'>): number {
  const { heldOut, work, solverMessages } = model.domain;
  const prefix = evaluation.forced ? work?.prefix : undefined;
  const lengths = (heldOut?.questions(evaluation.questions) ?? []).map(({ text }) =>
    lengthOf(model, solverMessages(text), prefix),
  );
  return Math.max(0, ...lengths);
}

function lengthOf(
  { tokenizer }: Pick<ModelSizes, 'tokenizer'>,
  messages: Parameters<typeof encodePrompt>[1],
  prefix?: string,
): number {
  return encodePrompt({ tokenizer }, messages, prefix).length;
}

/** A prompt with a token that the model does not know cannot be sampled from. */
function checkVocabulary(config: RunConfig, { tokenizer, domain, vocabulary }: ModelSizes): void {
  const prompts: Tokens[] = [...posingPrompts(domain), domain.solverMessages(EXAMPLE)].map((messages) =>
    encodePrompt({ tokenizer }, messages),
  );
  const highest = Math.max(...prompts.flatMap((prompt) => Array.from(prompt)));
  if (highest < vocabulary) return;
  throw new ConfigError(
    `The tokenizer of ${config.model} writes the token ${highest}, but the model's vocabulary has ${vocabulary} tokens.`,
    'Use the tokenizer files that belong to the checkpoint.',
  );
}

function adviceOf(excess: readonly Excess[]): string {
  const fix: Record<string, number> = {};
  for (const { section, fitting } of excess) {
    if (fitting === null) return 'No limit fits: use a model with a longer context, or a domain with shorter prompts.';
    const key = `${section}.maxTokens`;
    fix[key] = Math.min(fix[key] ?? Infinity, fitting);
  }
  return `It fits with ${flagsOf(fix)}, or with a model of a longer context.`;
}

function listed(items: readonly string[]): string {
  return items.length === 1 ? items[0] : `${items.slice(0, -1).join('; ')}; and ${items.at(-1)}`;
}
