/** Asks the Verifier whether attempts are right. */

import type { RunConfig } from '../../config/schema.ts';
import type { Verification } from '../../domains/domain.ts';
import type { Ctl, SampleRequest, Sampler, Tokens } from '../../engine/engine.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { ConfigError } from '../../errors.ts';
import { toExample } from '../../grpo/batch.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { deriveSeed } from '../../random.ts';
import type { RunContext } from '../context.ts';
import { textOf } from '../sampling.ts';
import { yesProbability } from './verdict-use.ts';

/** What asking uses of a run. */
export type VerdictContext = Pick<RunContext, 'config' | 'domain' | 'maxContext' | 'tokenizer'>;

/** An attempt to be judged. */
export interface Judged {
  /** The words of the question that it answers. */
  question: string;
  attempt: string;
  /** Shows the attempt before the question. */
  attemptFirst?: boolean;
}

/** Returns how the domain asks for verdicts. Runs without it are refused when they are opened. */
export function verificationOf({ domain }: Pick<VerdictContext, 'domain'>): Verification {
  if (domain.verification !== undefined) return domain.verification;
  throw new ConfigError(
    `The domain ${domain.name} does not ask whether attempts are right, which verifier.kind needs.`,
    'Use verifier.kind = "off", the domain arithmetic or math, or add verification to your domain.',
  );
}

/** Tokens of a one-token verdict. */
export interface VerdictTokens {
  yes: number;
  no: number;
}

/** Returns the prompt of an attempt, up to the verdict (`token`) or to the check (`generative`). */
export function verdictPrompt(ctx: VerdictContext, { question, attempt, attemptFirst = false }: Judged): Tokens {
  const { messages, opening } = verificationOf(ctx);
  const asked = messages(question, attempt, attemptFirst);
  return encodePrompt(ctx, asked, ctx.config.verifier.kind === 'token' ? opening : undefined);
}

/**
 * Returns the tokens of both verdicts.
 * @throws ConfigError if a verdict is not one token behind the opening
 */
export function verdictTokens(ctx: VerdictContext): VerdictTokens {
  const { messages, opening, yes, no } = verificationOf(ctx);
  const asked = messages('1', '1', false);
  const prompt = encodePrompt(ctx, asked, opening);
  const tokenOf = (verdict: string): number => {
    const whole = encodePrompt(ctx, asked, opening + verdict);
    const added = whole.subarray(prompt.length);
    if (added.length === 1 && prompt.every((token, at) => token === whole[at])) return added[0];
    throw new ConfigError(
      `The verdict "${verdict}" of the domain ${ctx.domain.name} is not one token of this model.`,
      'Use verifier.kind = "generative", or another verdict in the verification of your domain.',
    );
  };
  return { yes: tokenOf(yes), no: tokenOf(no) };
}

/** Returns whether the prompt of an attempt, with a verdict or a check behind it, fits into the model's context. */
export function isJudgeable(ctx: VerdictContext, judged: Judged): boolean {
  return verdictPrompt(ctx, judged).length + verdictRoom(ctx.config) <= ctx.maxContext;
}

/** Returns the tokens behind a verdict's prompt: one, or those of a check. */
export function verdictRoom({ verifier }: Pick<RunConfig, 'verifier'>): number {
  return verifier.kind === 'token' ? 1 : verifier.maxTokens;
}

/** Returns the verdict that a check ends with; null if it has none. A verdict is a whole word: `12` is not the verdict `1`. */
export function readVerdict({ opening, yes, no }: Verification, check: string): boolean | null {
  const at = check.lastIndexOf(opening);
  if (at === -1) return null;
  const rest = check.slice(at + opening.length);
  const says = (verdict: string): boolean => rest.startsWith(verdict) && !GOES_ON.test(rest.slice(verdict.length));
  if (says(yes)) return true;
  return says(no) ? false : null;
}

/** What makes a word or a number longer. */
const GOES_ON = /^(?:[\p{L}\p{N}]|[.,]\p{N})/u;

/**
 * Returns the score of every attempt, 0..1: the probability of yes against no (`token`), or the share of checks that say
 * yes, a check without a verdict counting one half (`generative`). An attempt that does not fit into the model's context
 * is not asked, and gets one half.
 * @param seed of the checks; they depend on it and on the place in `judged` alone
 */
export async function askVerdicts(
  ctx: VerdictContext,
  verifier: Sampler,
  judged: readonly Judged[],
  { seed, ctl }: { seed: number; ctl: Ctl },
): Promise<number[]> {
  const fitting = judged.flatMap((one, at) => (isJudgeable(ctx, one) ? [{ ...one, at }] : []));
  const scores = judged.map(() => UNKNOWN);
  if (fitting.length === 0) return scores;
  const found = await (ctx.config.verifier.kind === 'token'
    ? tokenScores(ctx, verifier, fitting, ctl)
    : checkScores(ctx, verifier, fitting, { seed, ctl }));
  fitting.forEach(({ at }, index) => (scores[at] = found[index]));
  return scores;
}

/** The score of an attempt of which nothing is known. */
const UNKNOWN = 0.5;

/** An attempt with its place among those that are asked together, on which the seed of its checks depends. */
type Placed = Judged & { at: number };

async function tokenScores(
  ctx: VerdictContext,
  verifier: Sampler,
  judged: readonly Judged[],
  ctl: Ctl,
): Promise<number[]> {
  const { yes, no } = verdictTokens(ctx);
  const prompts = judged.map((one) => verdictPrompt(ctx, one));
  const examples = prompts.flatMap((prompt) => [yes, no].map((token) => toExample(prompt, Int32Array.of(token))));
  const scores = await verifier.score(examples, ctl);
  const last = (at: number): number => scores[at].at(-1) ?? 0;
  return judged.map((_, at) => yesProbability(last(2 * at), last(2 * at + 1)));
}

async function checkScores(
  ctx: VerdictContext,
  verifier: Sampler,
  judged: readonly Placed[],
  { seed, ctl }: { seed: number; ctl: Ctl },
): Promise<number[]> {
  const { verifier: settings } = ctx.config;
  const verification = verificationOf(ctx);
  const requests = judged.map((one) => checkRequest(ctx, one, { n: settings.checks, seed: deriveSeed(seed, one.at) }));
  const checks = await verifier.sample(requests, ctl);
  return checks.map((group) => {
    const worth = group.map((check): number => {
      const verdict = readVerdict(verification, textOf(ctx, check));
      return verdict === null ? UNKNOWN : Number(verdict);
    });
    return worth.reduce((sum, one) => sum + one, 0) / worth.length;
  });
}

/** Returns the request for checks of an attempt. */
export function checkRequest(
  ctx: VerdictContext,
  judged: Judged,
  { n, seed }: { n: number; seed: number },
): SampleRequest {
  return {
    prompt: verdictPrompt(ctx, judged),
    n,
    seed,
    ...samplingOptions(ctx.config.verifier),
    ...ctx.tokenizer.ends,
  };
}
