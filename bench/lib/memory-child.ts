/**
 * Trains in its own process and reports its memory, for the rows `memory`, `residents` and `steady` of the
 * engine benchmark. The model is loaded from a folder, so that creating it does not count. Prints one line of
 * JSON.
 */

import { readModelConfig } from '../../src/models/checkpoint.ts';
import type { DecoderConfig } from '../../src/models/decoder-config.ts';
import type { Engine, Policy, WeightsRef } from '../../src/engine/engine.ts';
import * as rows from './engine-rows.ts';
import { peakMemory } from './peak-memory.ts';

export interface MemoryTask {
  folder: string;
  sizes: rows.Sizes;
  /**
   * - `step`: one training step.
   * - `residents`: the same with a reference and a published copy that has sampled in memory, as in a run.
   * - `steady`: 200 rounds of publish, sample, score and train, with changing lengths.
   */
  what: 'step' | 'residents' | 'steady';
  sequences: number;
  length: number;
}

/** All values in bytes. */
export interface MemoryReport {
  peak: number;
  /** Resident memory after each round of `steady`. */
  resident: number[];
}

const ROUNDS = 200;
const task: MemoryTask = JSON.parse(process.argv[2]);
const config = await readModelConfig(task.folder);
const resident: number[] = [];
await rows.withEngine(task.sizes, task.folder, async (engine, base) => {
  const policy = await engine.openPolicy({ from: base, optimizer: 'fresh' });
  if (task.what === 'steady') await steady(engine, policy);
  else if (task.what === 'residents') await trainWithResidents(engine, policy, base);
  else await rows.trainOnce(policy, rows.trainingExamples(task.sequences, task.length, config));
});
const report: MemoryReport = { peak: peakMemory(), resident };
process.stdout.write(`${JSON.stringify(report)}\n`);

async function trainWithResidents(engine: Engine, policy: Policy, base: WeightsRef): Promise<void> {
  const examples = rows.trainingExamples(task.sequences, task.length, config);
  const reference = await engine.openSampler(base);
  const sampler = await engine.openSampler(await policy.publish());
  await rows.sampleOnce(sampler, requests(task.sizes.slots, 1, config));
  await reference.score(examples);
  await rows.trainOnce(policy, examples);
}

async function steady(engine: Engine, policy: Policy): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const snapshot = await policy.publish();
    const sampler = await engine.openSampler(snapshot);
    await rows.sampleOnce(sampler, requests(8 + ((round * 5) % 9), round, config));
    const examples = rows.trainingExamples(8, 24 + ((round * 37) % 105), config);
    await sampler.score(examples);
    await sampler.close();
    await engine.remove(snapshot);
    await rows.trainOnce(policy, examples);
    resident.push(process.memoryUsage().rss);
  }
}

function requests(count: number, seed: number, decoder: DecoderConfig) {
  return rows.prompts(count, 32, decoder).map((prompt, at) => rows.request(prompt, 1, seed + at, 8 + (seed % 7)));
}
