/** Helpers for the tests of the loop: the config of a short run, everything that a run stores, and ways to interrupt it. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCRIPTED } from '../../test/engines/scripted/config.ts';
import { resolveConfig } from '../config/load.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import type { StampedEvent } from '../events.ts';
import { ALL_ROLES } from '../roles.ts';
import { createMemoryRun } from '../store/memory.ts';
import type { RunMeta, RunStore, Unit } from '../store/store.ts';
import { type Evolution, resume } from './evolve.ts';
import { ENTRANCE, PLANTED_VERDICTS, POOL_VOTES, taskScores, VERDICTS } from './partials.ts';
import { noticesIn } from './watch/notices.ts';

/** Two short iterations, with enough steps for a resumed phase to save its state twice. */
export function shortConfig(model: string, over: ConfigInput = {}): RunConfig {
  return resolveConfig({
    flags: {
      model,
      iterations: 2,
      seed: 3,
      engine: SCRIPTED,
      challenger: { steps: 1, groups: 3, groupSize: 3, votes: 4, learningRate: 0.3, maxTokens: 24 },
      pool: { questions: 16, chunk: 16, maxTokens: 24 },
      votes: { count: 5, chunk: 6, maxTokens: 6 },
      filter: { minQuestions: 2, minAgreement: 0.2, maxAgreement: 0.9 },
      solver: { steps: 3, prompts: 4, groupSize: 4, learningRate: 0.3, maxTokens: 6 },
      evaluation: { questions: 6, samples: 2, chunk: 6, maxTokens: 6 },
      ...over,
    },
  });
}

export function metaOf(config: RunConfig): RunMeta {
  return { id: 'test-run', createdAt: '2026-01-01T00:00:00.000Z', version: '0.0.0', config };
}

export function memoryRun(dir: string, config: RunConfig): RunStore {
  return createMemoryRun(dir, metaOf(config));
}

/** Returns everything that a run stored, with hashes of its weight files, without times and folder names. */
export function remains(store: RunStore): Record<string, unknown> {
  const iterations = Array.from({ length: store.meta().config.iterations }, (_, at) => at + 1);
  const summary = store.summary();
  return {
    cursor: store.cursor(),
    questions: iterations.flatMap((iteration) =>
      (['training', 'pool'] as const).map((origin) => store.questions({ iteration, origin })),
    ),
    attempts: iterations.map((iteration) => store.attempts({ iteration })),
    labels: iterations.map((iteration) => store.labels(iteration)),
    rollouts: iterations.flatMap((iteration) => ALL_ROLES.map(({ name: role }) => store.rollouts({ role, iteration }))),
    metrics: store.metrics().filter(({ name }) => !name.startsWith('time/')),
    evaluations: store.evaluations(),
    partials: iterations.map((iteration) =>
      [POOL_VOTES, ENTRANCE, VERDICTS, PLANTED_VERDICTS, taskScores('evaluate', null)].map((kind) =>
        store.partials<unknown>(kind, iteration),
      ),
    ),
    notices: iterations.flatMap((iteration) => noticesIn(store, iteration)),
    weights: store.allWeights(),
    summary: summary && { ...summary, runDir: '', seconds: 0, engineSeconds: 0 },
    files: weightFiles(store.dir),
  };
}

/** Returns the hash of every weight file, by path. */
export function weightFiles(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^(weights|best)\W.*\.(safetensors|json)$/.test(path),
  );
  return Object.fromEntries(
    files.toSorted().map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(dir, path)))
        .digest('hex'),
    ]),
  );
}

/** Simulates a crash at commit number `at` (from 0), just before or just after it is written. */
export class Killed extends Error {}

export function killedAt(store: RunStore, at: number, when: 'before' | 'after'): RunStore {
  let commits = 0;
  return {
    ...store,
    commit(unit: Unit) {
      const now = commits++ === at;
      if (now && when === 'before') throw new Killed();
      store.commit(unit);
      if (now) throw new Killed();
    },
  };
}

/**
 * Resumes a run until its end, with a crash at every commit. The result must equal that of an uninterrupted run.
 * Returns the number of crashes.
 */
export async function dieAndResume(store: RunStore, when: 'before' | 'after'): Promise<number> {
  for (let deaths = 0; ; deaths++) {
    try {
      await resume(store.dir, { store: killedAt(store, when === 'before' ? 1 : 0, when) }).result;
      return deaths;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }
}

/** Collects all events of a run until its end. */
export async function follow(evolution: Evolution): Promise<StampedEvent[]> {
  const events: StampedEvent[] = [];
  for await (const event of evolution) events.push(event);
  return events;
}
