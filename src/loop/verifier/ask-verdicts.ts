/** Asks the Verifier whether attempts are right. */

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
export type VerdictContext = Pick<RunContext, 'config' | 'domain' | 'tokenizer'>;

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

/** Returns the verdict that a check ends with; null if it has none. */
export function readVerdict({ opening, yes, no }: Verification, check: string): boolean | null {
  const at = check.lastIndexOf(opening);
  if (at === -1) return null;
  const rest = check.slice(at + opening.length);
  if (rest.startsWith(yes)) return true;
  return rest.startsWith(no) ? false : null;
}

/**
 * Returns the score of every attempt, 0..1: the probability of yes against no (`token`), or the share of checks that say
 * yes, a check without a verdict counting one half (`generative`).
 * @param seed of the checks; they depend on it and on the place in `judged` alone
 */
export async function askVerdicts(
  ctx: VerdictContext,
  verifier: Sampler,
  judged: readonly Judged[],
  { seed, ctl }: { seed: number; ctl: Ctl },
): Promise<number[]> {
  if (judged.length === 0) return [];
  return ctx.config.verifier.kind === 'token'
    ? tokenScores(ctx, verifier, judged, ctl)
    : checkScores(ctx, verifier, judged, { seed, ctl });
}

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
  judged: readonly Judged[],
  { seed, ctl }: { seed: number; ctl: Ctl },
): Promise<number[]> {
  const { verifier: settings } = ctx.config;
  const verification = verificationOf(ctx);
  const requests = judged.map((one, at) => checkRequest(ctx, one, { n: settings.checks, seed: deriveSeed(seed, at) }));
  const checks = await verifier.sample(requests, ctl);
  return checks.map((group) => {
    const worth = group.map((check): number => {
      const verdict = readVerdict(verification, textOf(ctx, check));
      return verdict === null ? 0.5 : Number(verdict);
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
