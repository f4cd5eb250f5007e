/**
 * Checks the services of a run: whether they answer, whether they have the model, and, on request, how they sample and
 * train. A check only asks for settings and lists; the probe makes about a hundred small requests.
 */

import type { RunConfig } from '../../config/schema.ts';
import { withAddress } from '../../engine/tinker/address.ts';
import { engineError } from '../../engine/tinker/failures.ts';
import { connector, type TinkerConfig } from '../../engine/tinker/kind.ts';
import { RemoteService } from '../../engine/tinker/remote-service.ts';
import type { SupportedModel } from '../../engine/tinker/service.ts';
import { messageOf } from '../../errors.ts';
import { clean, duration, plural } from '../render/format.ts';
import type { Check } from './check.ts';

/** A service that was asked. */
export interface CheckedService {
  url: string;
  /** Null if it could not be asked. */
  models: SupportedModel[] | null;
  checks: Check[];
  /** Tokens of the model's context there; null if it is not known. */
  context: number | null;
}

/** Seconds to wait for a service. */
const PATIENCE = 15;
const MOST_MODELS = 20;

/** Checks every service of the settings, each address once. */
export async function checkServices(given: TinkerConfig): Promise<CheckedService[]> {
  const config = withAddress(given, process.env);
  const { url, challengerUrl, solverUrl, referenceUrl } = config;
  const urls = [challengerUrl || url, solverUrl || url, referenceUrl].filter((one) => one !== '');
  return Promise.all([...new Set(urls)].map((one) => checkOne(config, one)));
}

async function checkOne(config: TinkerConfig, url: string): Promise<CheckedService> {
  const found: CheckedService = { url, models: null, checks: [], context: null };
  const start = performance.now();
  try {
    const connect = await connector({ concurrency: 1, patience: PATIENCE });
    const api = await connect(url);
    try {
      const service = new RemoteService('main', api, config.model);
      const base = service.base();
      const [models] = await Promise.all([api.supportedModels(), base.catch(() => undefined)]);
      const seconds = duration((performance.now() - start) / 1000);
      found.models = models;
      const has = `answers in ${seconds}, and has ${plural(models.length, 'model')}: ${modelList(models)}`;
      found.checks.push({ name: 'service', state: 'good', found: `${clean(url)} ${has}`, advice: null });
      const { name, maxContext } = await base;
      found.context = maxContext;
      const context = maxContext === null ? 'it does not state its context' : `context of ${maxContext} tokens`;
      found.checks.push({ name: 'base model', state: 'good', found: `${clean(name)}, ${context}`, advice: null });
    } finally {
      await api.close();
    }
  } catch (error) {
    found.checks.push(failed(found.models === null ? 'service' : 'base model', engineError(error, 'be asked')));
  }
  return found;
}

function modelList(models: readonly SupportedModel[]): string {
  const shown = models.slice(0, MOST_MODELS).map(({ name, maxContext }) => {
    return maxContext === null ? clean(name) : `${clean(name)} (${maxContext} tokens)`;
  });
  const more = models.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more (--json)`] : [])].join(', ');
}

/** Returns the check of an error: its last line is the advice. */
export function failed(name: string, error: unknown): Check {
  const lines = messageOf(error).split('\n');
  const advice = lines.length > 1 ? clean(lines[lines.length - 1], 500) : null;
  return { name, state: 'missing', found: clean(lines[0], 600), advice };
}

/** Whether the settings are those of a run on a service. */
export function isRemote(config: RunConfig): config is RunConfig & { engine: TinkerConfig } {
  return config.engine.kind === 'tinker';
}
