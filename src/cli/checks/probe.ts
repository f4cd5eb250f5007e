/**
 * Tries out the services of a run as the run would: probes them, opens the policies of its roles, and samples with
 * their settings. Says which settings the services ignore or refuse.
 */

import { z } from 'zod';
import type { RunConfig } from '../../config/schema.ts';
import type { Engine } from '../../engine/engine.ts';
import { openEngine } from '../../engine/open-engine.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { ignoredSettings } from '../../engine/tinker/policy/check-optimizer.ts';
import { RzeroError } from '../../errors.ts';
import { adaptationOf } from '../../loop/training/adapt.ts';
import { trainedRoles } from '../../loop/training/roles.ts';
import { describeFindings } from '../../loop/remote/findings.ts';
import { loadTokenizer } from '../../models/tokenizer/tokenizer.ts';
import { ALL_ROLES, MEASURED } from '../../roles.ts';
import { clean } from '../render/format.ts';
import type { Check } from './check.ts';
import { failed } from './service.ts';

/** What the checks below read of the findings of one service. */
const findingsSchema = z.looseObject({
  training: z.looseObject({
    clip: z.boolean().nullable(),
    betas: z.boolean().nullable(),
    epsilon: z.boolean().nullable(),
    weightDecay: z.boolean().nullable(),
  }),
});

export interface Probed {
  checks: Check[];
  /** Null if the probe failed. */
  findings: Record<string, unknown> | null;
}

/** Tokens of a sample that only tries the settings out. */
const TRIED = 4;

/** @param config its model is the folder of the tokenizer */
export async function probeServices(config: RunConfig): Promise<Probed> {
  const checks: Check[] = [];
  let findings: Record<string, unknown> | null = null;
  try {
    const engine = await openEngine(config.engine);
    try {
      const from = { kind: 'base', path: config.model } as const;
      findings = (await engine.findings?.({ from, adapt: adaptationOf(config, MEASURED) })) ?? {};
      checks.push({ name: 'probe', state: 'good', found: clean(describeFindings(findings), 1500), advice: null });
      checks.push(...(await tryRoles(engine, config)), ...optimizerChecks(config, findings));
    } finally {
      await engine.close();
    }
  } catch (error) {
    checks.push(failed('probe', error));
  }
  const isFine = checks.every(({ state }) => state === 'good');
  const fits = 'the service takes the settings of the adapter, of sampling and of the optimizer';
  if (isFine) checks.push({ name: 'tried out', state: 'good', found: fits, advice: null });
  return { checks, findings };
}

/** Opens and closes the policy and the sampler of every role that is trained. Each refusal is said once. */
async function tryRoles(engine: Engine, config: RunConfig): Promise<Check[]> {
  const found: Check[] = [];
  const from = { kind: 'base', path: config.model } as const;
  const tokenizer = await loadTokenizer(config.model, config);
  const prompt = Int32Array.from(tokenizer.encode('2 + 2 ='));
  for (const { name: role, section } of rolesOf(config)) {
    const attempt = async (): Promise<void> => {
      const adapt = adaptationOf(config, role);
      const policy = await engine.openPolicy({ from, optimizer: 'fresh', adapt, purpose: { role } });
      await policy.close();
      const sampler = await engine.openSampler(from, { role });
      const options = { ...samplingOptions(config[section]), ...tokenizer.ends, maxTokens: TRIED };
      await sampler.sample([{ prompt, n: 1, seed: 1, ...options }]);
      await sampler.close();
    };
    await attempt().catch((error: unknown) => {
      if (!(error instanceof RzeroError)) throw error;
      found.push(failed('tried out', error));
    });
  }
  return found.filter((one, at) => found.findIndex((other) => other.found === one.found) === at);
}

/** One check per service that ignores settings of the optimizer, with the settings that equal its own. */
function optimizerChecks(config: RunConfig, findings: Readonly<Record<string, unknown>>): Check[] {
  return Object.entries(findings).flatMap(([url, value]) => {
    const parsed = findingsSchema.safeParse(value);
    if (!parsed.success) return [];
    const ignored = rolesOf(config).flatMap(({ section }) =>
      ignoredSettings(config[section], parsed.data.training).map((one) => ({ ...one, section })),
    );
    if (ignored.length === 0) return [];
    const said = ignored.map(({ section, name, value: given, instead }) => {
      return `${section}.${name} = ${given} (it trains with ${instead})`;
    });
    const set = ignored.map(({ section, name, instead }) => `--set ${section}.${name}=${instead}`).join(' ');
    const check: Check = {
      name: 'tried out',
      state: 'missing',
      found: `${clean(url)} ignores ${said.join(', ')}`,
      advice: `Set what the service does: \`${set}\`.`,
    };
    return [check];
  });
}

/** The roles that the run trains, with the sections of their settings. */
function rolesOf(config: RunConfig): (typeof ALL_ROLES)[number][] {
  const trained = new Set(trainedRoles(config).map(({ name }) => name));
  return ALL_ROLES.filter(({ name }) => trained.has(name));
}
