/** Measures what becomes of published weights while their model is trained. */

import type { TinkerService } from '../service.ts';
import type { AdamParams } from '../../../wire/messages.ts';
import { furthest } from './attempt.ts';
import type { Bench } from './bench.ts';
import type { TrainingFindings } from './findings.ts';
import { lookAt, sameWeights } from './probe-sampling.ts';

type SnapshotFindings = Pick<TrainingFindings, 'immutableSnapshots' | 'samplingKeepsTraining'>;

/** Share of a step's effect below which weights count as the same. */
const SHARE = 0.3;

/**
 * Publishes, trains, and samples what was published: weights that were sampled before the training, and others that are
 * first sampled after it.
 */
export async function measureSnapshots(
  api: TinkerService,
  bench: Bench,
  { logprobs, step }: { logprobs: Float32Array; step: AdamParams },
): Promise<SnapshotFindings> {
  const train = async (): Promise<Float32Array> => {
    await bench.weigh(1);
    await bench.step(step);
    return bench.forward();
  };
  const early = await bench.model.publish();
  const before = await lookAt(api, early, bench.text);
  const trained = await train();
  const after = await lookAt(api, early, bench.text);
  const keptOnce = furthest(trained, await bench.forward()) < SHARE * furthest(logprobs, trained);
  const now = await lookAt(api, await bench.model.publish(), bench.text);
  const late = await bench.model.publish();
  const again = await train();
  await lookAt(api, late, bench.text);
  const keptTwice = furthest(again, await bench.forward()) < SHARE * furthest(trained, again);
  // Compared with what the step did to the same look: later steps do less than the first, and to other texts less.
  const moved = before === null || now === null ? 0 : furthest(before, now);
  return {
    immutableSnapshots: sameWeights(before, after, SHARE * moved),
    samplingKeepsTraining: keptOnce && keptTwice,
  };
}
