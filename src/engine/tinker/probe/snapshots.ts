/** Measures what becomes of published weights while their model is trained. */

import type { TinkerService } from '../service.ts';
import type { AdamParams } from '../../../wire/messages.ts';
import { furthest } from './attempt.ts';
import type { Bench } from './bench.ts';
import type { TrainingFindings } from './findings.ts';
import { lookAt, sameWeights } from './probe-sampling.ts';

type SnapshotFindings = Pick<TrainingFindings, 'immutableSnapshots' | 'samplingKeepsTraining'>;

/**
 * Publishes, trains, and samples what was published: weights that were sampled before the training, and others that are
 * first sampled after it.
 * @param moved difference that a step makes
 */
export async function measureSnapshots(
  api: TinkerService,
  bench: Bench,
  { moved, step }: { moved: number; step: AdamParams },
): Promise<SnapshotFindings> {
  const same = 0.15 * moved;
  const train = async (): Promise<Float32Array> => {
    await bench.weigh(1);
    await bench.step(step);
    return bench.forward();
  };
  const early = await bench.model.publish();
  const before = await lookAt(api, early, bench.text);
  const trained = await train();
  const after = await lookAt(api, early, bench.text);
  const keptOnce = furthest(trained, await bench.forward()) < same;
  const late = await bench.model.publish();
  const again = await train();
  await lookAt(api, late, bench.text);
  const keptTwice = furthest(again, await bench.forward()) < same;
  return {
    immutableSnapshots: sameWeights(before, after, same),
    samplingKeepsTraining: keptOnce && keptTwice,
  };
}
