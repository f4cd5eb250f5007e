/** Opens the models of a conversation on one engine. A model that is asked for again is not loaded again. */

import { resolve } from 'node:path';
import type { EngineConfig } from '../../config/schema.ts';
import type { Engine, Sampler } from '../../engine/engine.ts';
import { openEngine } from '../../engine/open-engine.ts';
import { EvalError } from '../../errors.ts';
import { namedRun } from '../../generate/run-model.ts';
import { isOnHub } from '../../models/hub/obtain-model.ts';
import type { Role } from '../../types.ts';
import type { Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import type { ServiceFlags } from '../service/flags.ts';
import { engineHooks } from '../service/waits.ts';
import { configFor, findSubject, openDomainFor } from '../settings.ts';
import { type Voice, voiceOf } from './voice.ts';

/** Options that say which model is asked, and how. */
export interface VoiceFlags extends CommonFlags, ServiceFlags {
  model?: string;
  domain?: string;
  set?: string[];
}

export interface Voices {
  /**
   * Opens the model that the flags name, for a role; `iteration` is one of its run instead: 0 is the base, null the best.
   * @throws EvalError if it is no run, or does not have this iteration
   */
  open(role: Role, iteration?: number | null): Promise<Voice>;
  close(): Promise<void>;
}

/** Models that stay loaded: the one in use and the one before. */
const KEPT = 2;

/** Makes the voices of a conversation. Opens nothing yet. */
export function voicesOf(flags: VoiceFlags, io: Io): Voices {
  let engine: Engine | null = null;
  const samplers = new Map<string, Sampler>();

  const samplerOf = async (opened: Engine, weights: Parameters<Engine['openSampler']>[0]): Promise<Sampler> => {
    const key = JSON.stringify(weights);
    const sampler = samplers.get(key) ?? (await opened.openSampler(weights));
    // The newest one is the last.
    samplers.delete(key);
    samplers.set(key, sampler);
    for (const [other, old] of samplers) {
      if (samplers.size <= KEPT) break;
      samplers.delete(other);
      await old.close();
    }
    return sampler;
  };

  return {
    async open(role, iteration) {
      const named = iteration === undefined ? flags : { ...flags, model: modelAt(flags, iteration) };
      const subject = await findSubject(named, role, io);
      const config = configFor(subject, named);
      const domain = await openDomainFor(subject, config, named);
      engine ??= await openEngine(withFewSlots(config.engine), undefined, engineHooks(io, subject.tokenizer));
      const sampler = await samplerOf(engine, subject.weights);
      return voiceOf(subject, role, { config, domain, engine, sampler });
    },
    async close() {
      for (const sampler of samplers.values()) await sampler.close();
      await engine?.close();
    },
  };
}

/** The name of another iteration of the same run. */
function modelAt({ model, runsDir = 'runs' }: VoiceFlags, iteration: number | null): string {
  const run = model === undefined || isOnHub(model) ? null : namedRun(model, runsDir);
  if (run === null) {
    throw new EvalError(
      `${model ?? 'The shipped base'} is a model and no run, so it has no iterations.`,
      'Start with a run: `rzero chat latest`.',
    );
  }
  const dir = resolve(run.dir);
  return iteration === null ? dir : `${dir}@${iteration}`;
}

/** Sequences that are sampled at once: one answer, or some of the votes. */
const SLOTS = 8;

function withFewSlots(engine: EngineConfig): EngineConfig {
  return engine.kind === 'local' ? { ...engine, slots: Math.min(engine.slots, SLOTS) } : engine;
}
