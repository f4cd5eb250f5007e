/**
 * Trains generative verdicts by GRPO, as CoVerRL does (arXiv 2603.17775): a check earns 1 for ending in a verdict and 1 for
 * the presumed one. A question teaches nothing unless more of the checks of its label say right than wrong.
 */

import type { Sampler } from '../../engine/engine.ts';
import type { Reward } from '../../rewards/reward.ts';
import { deriveSeed } from '../../random.ts';
import { VERIFIER } from '../../roles.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { textOf } from '../sampling.ts';
import { type PhaseGroup, type Rollouts, runPhase } from '../training/phase.ts';
import { checkRequest, readVerdict, verificationOf } from './ask-verdicts.ts';
import type { Evidence } from './evidence.ts';
import type { TokenPlan } from './train-by-tokens.ts';

/** Runs the uncommitted steps of the phase. */
export async function trainByChecks(ctx: RunContext, plan: TokenPlan): Promise<void> {
  await runPhase(ctx, {
    role: VERIFIER.name,
    iteration: plan.iteration,
    steps: plan.steps,
    start: plan.start,
    rollOut: (sampler, place) => checkAndReward(ctx, sampler, place, plan.evidenceOf(place)),
  });
}

/** Computes the reward of a check. Parts: `form` and `verdict`. */
export function checkReward(verdict: boolean | null, isRight: boolean): Reward {
  const [form, right] = [verdict === null ? 0 : 1, verdict === isRight ? 1 : 0];
  return { reward: form + right, parts: { form, verdict: right } };
}

/** Returns the questions of which more checks of attempts that are presumed right say right than wrong. */
export function trustedQuestions(
  evidence: readonly Pick<Evidence, 'questionId' | 'isRight'>[],
  verdicts: readonly (readonly (boolean | null)[])[],
): Set<string> {
  const balance = new Map<string, number>();
  evidence.forEach(({ questionId, isRight }, at) => {
    if (!isRight) return;
    const said = verdicts[at].reduce((sum, verdict) => sum + (verdict === null ? 0 : verdict ? 1 : -1), 0);
    balance.set(questionId, (balance.get(questionId) ?? 0) + said);
  });
  return new Set([...balance].flatMap(([id, said]) => (said > 0 ? [id] : [])));
}

async function checkAndReward(
  ctx: RunContext,
  sampler: Sampler,
  place: StepPlace,
  evidence: readonly Evidence[],
): Promise<Rollouts> {
  const { seed, verifier } = ctx.config;
  const verification = verificationOf(ctx);
  const requests = evidence.map((one, at) =>
    checkRequest(ctx, one, {
      n: verifier.groupSize,
      seed: deriveSeed(seed, place.iteration, 'check', place.step, at),
    }),
  );
  const checks = await sampler.sample(requests, reporting(ctx, place, 'checks'));
  const verdicts = checks.map((group) => group.map((check) => readVerdict(verification, textOf(ctx, check))));
  const trusted = trustedQuestions(evidence, verdicts);
  const groups = evidence.map((one, at): PhaseGroup => ({
    prompt: requests[at].prompt,
    promptText: `${one.question}\n${one.attempt}`,
    label: one.isRight ? verification.yes : verification.no,
    completions: checks[at],
    rewards: verdicts[at].map((verdict) => checkReward(verdict, one.isRight)),
    ...(trusted.has(one.questionId) ? {} : { teachesNothing: true }),
  }));
  const asked = new Set(evidence.map(({ questionId }) => questionId));
  const said = verdicts.flat();
  return {
    groups,
    metrics: metricsOf('', {
      trusted: asked.size === 0 ? null : trusted.size / asked.size,
      yes: meanOf(said.map((verdict) => (verdict === true ? 1 : 0))),
    }),
  };
}
