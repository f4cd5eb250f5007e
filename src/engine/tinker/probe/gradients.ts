/** Measures the gradients of losses, from the norms that optimizer steps report. */

import type { Bench, Pull } from './bench.ts';
import type { Reduction, TrainingFindings } from './findings.ts';

type GradientFindings = Pick<
  TrainingFindings,
  'cispo' | 'gradientNorm' | 'importanceSampling' | 'perSequence' | 'perToken' | 'ppo' | 'repetition' | 'signedWeights'
>;

/** Share by which a norm may be off. */
const TOLERANCE = 0.03;
/** A norm that counts as none, as a share. */
const NOTHING = 0.02;
/** Log of the ratio at which losses are tried: beyond the limit of 1.2. */
const SHIFT = 0.5;
const LIMITS = { clip_low_threshold: 0.8, clip_high_threshold: 1.2 };

/** @param logprobs of the text under the current weights */
export async function measureGradients(bench: Bench, logprobs: Float32Array): Promise<GradientFindings> {
  const weigh = (weight: number, copies = 1): Pull => ({
    loss: 'cross_entropy',
    inputs: { weights: bench.fill(weight) },
    copies,
  });
  const one = await bench.norm([weigh(1)]);
  if (one === null || !(one > 0)) return UNKNOWN;
  const share = async (...pulls: Pull[]): Promise<number | null> => {
    const norm = await bench.norm(pulls);
    return norm === null ? null : norm / one;
  };
  const perToken = reductionOf(await share(weigh(2)));
  const perSequence = reductionOf(await share(weigh(1, 2)));
  const negative = await share(weigh(-1));
  const cancelled = await share(weigh(1), weigh(-1));
  const means = perToken === 'mean';
  // With means, the advantages are scaled so that the gradient is the sum.
  const scale = means ? bench.positions : 1;
  const pull = (loss: string, advantage: number, shift: number, config?: Record<string, number>): Pull => ({
    loss,
    inputs: {
      logprobs: logprobs.map((value) => value - shift),
      advantages: bench.fill(advantage * scale),
      ...(means ? { weights: bench.fill(1) } : {}),
    },
    ...(config === undefined ? {} : { config }),
  });
  const whole = means ? bench.positions : 1;
  const plain = await share(pull('importance_sampling', 1, 0));
  const shifted = await share(pull('importance_sampling', 1, SHIFT));
  const opposite = await share(pull('importance_sampling', 1, 0), pull('importance_sampling', -1, 0));
  const clipped = await share(pull('ppo', 1, SHIFT, LIMITS));
  const limited = await share(pull('cispo', 1, SHIFT, LIMITS));
  return {
    gradientNorm: true,
    perToken,
    perSequence,
    signedWeights: near(negative, 1) && isNothing(cancelled),
    importanceSampling: near(plain, whole) && near(shifted, whole * Math.exp(SHIFT)) && isNothing(opposite),
    ppo: isNothing(clipped),
    cispo: near(limited, whole * LIMITS.clip_high_threshold),
    repetition: await repetitionOf(bench, one),
  };
}

const UNKNOWN: GradientFindings = {
  gradientNorm: false,
  perToken: null,
  perSequence: null,
  signedWeights: null,
  importanceSampling: null,
  ppo: null,
  cispo: null,
  repetition: null,
};

async function repetitionOf(bench: Bench, one: number): Promise<TrainingFindings['repetition']> {
  const { repetition } = await bench.model.repeatPass([bench.datum({ weights: bench.fill(1) })], {
    name: 'cross_entropy',
  });
  const norm = await bench.norm([]);
  return norm !== null && near(norm / one, 2) ? 'again' : repetition;
}

/** Twice the weights, or twice the text: a sum doubles, a mean stays. */
function reductionOf(doubled: number | null): Reduction | null {
  if (doubled === null) return null;
  if (near(doubled, 2)) return 'sum';
  return near(doubled, 1) ? 'mean' : 'other';
}

function near(found: number | null, wanted: number): boolean {
  return found !== null && Math.abs(found / wanted - 1) < TOLERANCE;
}

function isNothing(found: number | null): boolean {
  return found !== null && found < NOTHING;
}
