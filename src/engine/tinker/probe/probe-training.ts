/**
 * Measures how a service trains, with two models that are thrown away: one that is trained, published and saved, and one
 * that loads its state.
 */

import type { AdamParams } from '../../../wire/messages.ts';
import type { BaseFacts } from '../base/base-folder.ts';
import { type ModelSpec, unload } from '../policy/trained-model.ts';
import type { RemoteModel, TinkerService } from '../service.ts';
import { checkpointName } from '../states/record.ts';
import { confirmSession } from './again.ts';
import { attempt, furthest } from './attempt.ts';
import { Bench, STILL } from './bench.ts';
import type { TrainingFindings } from './findings.ts';
import { measureGradients } from './gradients.ts';
import { measureBetas, measureOptimizer } from './optimizer.ts';
import { lookAt, promptLogprobs, sameWeights } from './probe-sampling.ts';
import { measureSnapshots } from './snapshots.ts';

/** Rates that change log-probabilities clearly, of adapters and of all parameters. */
const RATES = { adapter: 3e-3, full: 1e-4 };
/** Difference in nats between two passes over the same text on the same weights, at most. */
const NOISE = 0.05;

/** Probes training. Its models are unloaded and its checkpoints deleted, whatever happens. */
export async function probeTraining(api: TinkerService, spec: ModelSpec, facts: BaseFacts): Promise<TrainingFindings> {
  const models: RemoteModel[] = [];
  const paths: string[] = [];
  try {
    return await measure(api, spec, facts, models, paths);
  } finally {
    for (const model of models) await unload(model, true);
    for (const path of paths) await attempt(() => api.deleteCheckpoint(path)).catch(() => undefined);
  }
}

async function measure(
  api: TinkerService,
  spec: ModelSpec,
  facts: BaseFacts,
  models: RemoteModel[],
  paths: string[],
): Promise<TrainingFindings> {
  const baseSession = await api.openSampling({ baseModel: spec.base });
  const model = await api.createModel(spec.base, spec.lora);
  models.push(model);
  const bench = new Bench(model, facts);
  const rate = spec.lora.rank === 0 ? RATES.full : RATES.adapter;
  const base = await lookAt(api, baseSession, bench.text);
  const scores = await promptLogprobs(api, baseSession, bench.text);
  const fresh = await bench.forward();
  await bench.weigh(1);
  await bench.step({ ...STILL, learning_rate: rate });
  const first = await bench.forward();
  const moved = furthest(fresh, first);
  const betas = await measureBetas(bench, { moved, rate });
  const [one, other, third] = [await bench.forward(), await bench.forward(), await bench.weigh(0)];
  const repeatable = Math.max(furthest(one, other), furthest(one, third)) < NOISE;
  // A sequence with weights of 0 counts where sequences are averaged.
  await bench.settle();
  const gradients = await measureGradients(bench, other);
  const masks = await bench.readsMask();
  const step: AdamParams = { ...STILL, learning_rate: rate };
  const snapshots = await measureSnapshots(api, bench, { logprobs: other, step });
  const beside = await lookAt(api, baseSession, bench.text);
  const settings = await measureOptimizer(bench, { moved, rate, ...betas });
  const kept = await measureStates(api, { spec, facts, rate, moved }, bench, models, paths);
  if (base !== null) await confirmSession(api, baseSession, bench.text);
  return {
    forwardOnly: bench.forwardOnly,
    masks,
    repeatable,
    ...gradients,
    ...betas,
    ...settings,
    ...snapshots,
    ...kept,
    baseBeside: sameWeights(base, beside, 0.15 * moved),
    gap: scores === null ? null : furthest(scores, fresh),
  };
}

/** Saves the model, unloads it with a gradient, and goes on with a new model from its state. */
async function measureStates(
  api: TinkerService,
  { spec, facts, rate, moved }: { spec: ModelSpec; facts: BaseFacts; rate: number; moved: number },
  bench: Bench,
  models: RemoteModel[],
  paths: string[],
): Promise<Pick<TrainingFindings, 'freshGradient' | 'optimizerRestored' | 'snapshotsOutliveModel'>> {
  const samplerPath = await bench.model.saveWeightsForSampler(checkpointName('probe'));
  paths.push(samplerPath);
  const session = await api.openSampling({ path: samplerPath });
  const alive = await lookAt(api, session, bench.text);
  const path = await bench.model.saveWeights(checkpointName('probe'));
  paths.push(path);
  const went = await goOn(bench, rate);
  await bench.weigh(1);
  await bench.model.unload();
  models.length = 0;
  const dead = await lookAt(api, session, bench.text);
  const reopen = async (): Promise<Bench> => {
    const next = await api.createModel(spec.base, spec.lora);
    models.push(next);
    await next.loadWeights(path, true);
    const loaded = new Bench(next, facts);
    loaded.forwardOnly = bench.forwardOnly;
    return loaded;
  };
  let loaded = await reopen();
  const found = await attempt(() => loaded.step());
  const freshGradient = found === null ? null : found === 0;
  if (freshGradient === false) {
    // The gradient that was left over has changed the moments.
    await unload(loaded.model, true);
    loaded = await reopen();
  }
  const came = await goOn(loaded, rate, freshGradient !== true);
  return {
    freshGradient,
    optimizerRestored: furthest(went, came) < 0.1 * moved,
    snapshotsOutliveModel: sameWeights(alive, dead, 0.15 * moved),
  };
}

/** Does a step that depends on the optimizer's moments. */
async function goOn(bench: Bench, rate: number, empty = true): Promise<Float32Array> {
  if (empty) await attempt(() => bench.step());
  await bench.weigh(1);
  await bench.step({ ...STILL, learning_rate: rate, beta1: 0.9, beta2: 0.999 });
  return bench.forward();
}
