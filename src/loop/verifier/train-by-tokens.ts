/**
 * Trains one-token verdicts by cross-entropy. The loss of an attempt is minus the log-probability of its presumed verdict
 * times its weight, so its coefficients in the linear backward are constants.
 */

import { toExample } from '../../grpo/batch.ts';
import type { WeightsRef } from '../../engine/engine.ts';
import { VERIFIER } from '../../roles.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { committedSteps, newestMetrics, runSteps, type StepOutcome } from '../cursor.ts';
import { metricsOf } from '../metrics.ts';
import { roleNamed } from '../training/roles.ts';
import { type OpenPhase, openPhase, savePhase } from '../training/weights.ts';
import { verdictPrompt, verdictTokens } from './ask-verdicts.ts';
import type { Evidence } from './evidence.ts';

/** What a phase trains on: the evidence of a step. */
export interface TokenPlan {
  iteration: number;
  steps: number;
  start: WeightsRef;
  evidenceOf(place: StepPlace): Evidence[];
}

/** Runs the uncommitted steps of the phase. Every step commits its metrics together with the state of the policy. */
export async function trainByTokens(ctx: RunContext, plan: TokenPlan): Promise<void> {
  const { iteration, steps, start } = plan;
  const { stage, name } = VERIFIER;
  if (committedSteps(ctx, iteration, stage) === Infinity) return;
  const role = roleNamed(ctx.roles, name);
  const opened: { phase: OpenPhase | null } = { phase: null };
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    opened.phase ??= await openPhase(ctx, name, iteration, start);
    const metrics = await updateOn(ctx, place, opened.phase, plan.evidenceOf(place));
    const { weights, afterCommit } = await savePhase(ctx, role, place, opened.phase);
    return { metrics, unit: { weights }, afterCommit };
  };
  try {
    await runSteps(ctx, { iteration, stage, steps }, body, () => newestMetrics(ctx, iteration, stage));
  } finally {
    await opened.phase?.policy.close();
  }
}

async function updateOn(
  ctx: RunContext,
  place: StepPlace,
  { policy }: OpenPhase,
  evidence: readonly Evidence[],
): Promise<Record<string, number>> {
  const tokens = verdictTokens(ctx);
  const examples = evidence.map((one) =>
    toExample(verdictPrompt(ctx, one), Int32Array.of(one.isRight ? tokens.yes : tokens.no)),
  );
  const total = evidence.reduce((sum, { weight }) => sum + weight, 0);
  const shares = evidence.map(({ weight }) => (total === 0 ? 1 / evidence.length : weight / total));
  const coefficients = examples.map(({ mask }, at) => Float32Array.from(mask, (kept) => (kept ? -shares[at] : 0)));
  const pass = await policy.accumulate(examples, coefficients, reporting(ctx, place, 'training'));
  const { gradNorm } = await policy.step(ctx.config.verifier);
  const loss = pass.logprobs.reduce((sum, logprobs, at) => sum - shares[at] * (logprobs.at(-1) ?? 0), 0);
  return metricsOf(`${VERIFIER.metrics}/`, {
    loss,
    examples: examples.length,
    grad_norm: gradNorm,
    entropy: pass.entropySum === null ? null : pass.entropySum / pass.positions,
  });
}
