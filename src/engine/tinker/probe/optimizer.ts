/** Measures which settings of the optimizer take effect, from what steps do to log-probabilities. */

import type { AdamParams } from '../../../wire/messages.ts';
import { furthest } from './attempt.ts';
import { type Bench, STILL } from './bench.ts';
import type { TrainingFindings } from './findings.ts';

type OptimizerFindings = Pick<TrainingFindings, 'betas' | 'clip' | 'epsilon' | 'settingsFixed' | 'weightDecay'>;

/** Share of a real step's effect that counts as an effect. */
const EFFECT = 0.15;

/** Measures betas, which needs the first steps of a model: some services keep the settings of the first one. */
export async function measureBetas(
  bench: Bench,
  { moved, rate }: { moved: number; rate: number },
): Promise<Pick<OptimizerFindings, 'betas' | 'settingsFixed'>> {
  // Without momentum, a step without a gradient changes nothing.
  const still = await effect(bench, 0, { ...STILL, learning_rate: rate });
  await bench.weigh(1);
  const lasting = { ...STILL, learning_rate: rate, beta1: 0.9, beta2: 0.999 };
  await bench.step(lasting);
  // With momentum, it goes on.
  const drift = await effect(bench, 0, lasting);
  const betas = still < EFFECT * moved;
  return { betas, settingsFixed: betas && drift < EFFECT * moved };
}

/** Measures the other settings. */
export async function measureOptimizer(
  bench: Bench,
  { moved, rate, betas, settingsFixed }: { moved: number; rate: number; betas: boolean | null; settingsFixed: boolean },
): Promise<Pick<OptimizerFindings, 'clip' | 'epsilon' | 'weightDecay'>> {
  if (settingsFixed) return { epsilon: null, weightDecay: null, clip: null };
  await bench.weigh(1);
  const norm = await bench.step();
  const large = Math.max(1, norm ?? 1) * 1000;
  const epsilon = (await effect(bench, 1, { ...STILL, learning_rate: rate, eps: large })) < EFFECT * moved;
  // With momentum, one short step does not show.
  const clip = betas && epsilon && norm !== null && norm > 0 ? await clipByDescent(bench, norm) : null;
  // The momentum of a service that ignores betas would look like decay.
  if (betas !== true) return { epsilon, clip, weightDecay: null };
  const decay = await effect(bench, 0, { ...STILL, learning_rate: 0.05, weight_decay: 4 });
  return { epsilon, clip, weightDecay: decay > EFFECT * Math.min(moved, 0.05) };
}

/** AdamW with an epsilon above any gradient is gradient descent: a clipped step is shorter. */
async function clipByDescent(bench: Bench, norm: number): Promise<boolean> {
  const descent = { ...STILL, eps: 10 * norm, learning_rate: 0.5 / norm };
  const free = await effect(bench, 1, descent);
  const clipped = await effect(bench, 1, { ...descent, grad_clip_norm: norm / 4 });
  return clipped < 0.6 * free;
}

/** Adds a gradient with this weight, does a step, and returns what it changed. */
async function effect(bench: Bench, weight: number, params: AdamParams): Promise<number> {
  const before = await bench.forward();
  await bench.weigh(weight);
  await bench.step(params);
  return furthest(before, await bench.forward());
}
