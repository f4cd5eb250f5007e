/** The checks of `rzero doctor` for a run on a service: services, tokenizer, settings, and the probe on request. */

import type { RunConfig } from '../../config/schema.ts';
import { obtainTexts, tokenizerError } from '../../loop/remote/texts.ts';
import { loadText } from '../../models/tokenizer/tokenizer.ts';
import { showDownload } from '../download.ts';
import type { Io } from '../io.ts';
import { clean } from '../render/format.ts';
import { withService } from '../service/flags.ts';
import { type ConfigFlags, configOf } from '../settings.ts';
import type { Check } from './check.ts';
import { folderHere } from './model.ts';
import { probeServices } from './probe.ts';
import { type CheckedService, checkServices, failed, isRemote } from './service.ts';
import { checkSettings } from './settings.ts';

export interface RemoteFlags extends ConfigFlags {
  /** Whether to sample and train too. */
  probe?: boolean;
}

export interface RemoteChecks {
  checks: Check[];
  services: Omit<CheckedService, 'checks'>[];
  /** Null without a probe, or if it failed. */
  findings: Record<string, unknown> | null;
}

/** Checks a run on a service. The probe needs the tokenizer, and downloads it. */
export async function checkRemote(flags: RemoteFlags, io: Io): Promise<RemoteChecks> {
  const config = withService(configOf(flags));
  if (!isRemote(config)) return { checks: [], services: [], findings: null };
  const asked = await checkServices(config.engine);
  const services = asked.map(({ url, models, context }) => ({ url, models, context }));
  const checks = asked.flatMap((one) => one.checks);
  const answers = checks.every(({ state }) => state !== 'missing');
  const [tokenizer, folder] = await checkTexts(config, flags, io);
  checks.push(tokenizer);
  const contexts = asked.flatMap(({ context }) => (context === null ? [] : [context]));
  const here = folder === null ? config : { ...config, model: folder };
  checks.push(await checkSettings(here, flags.runsDir, contexts.length === 0 ? null : Math.min(...contexts)));
  if (flags.probe !== true) {
    const found = 'not probed: --probe tries out how it samples and trains, and which settings it takes';
    return { checks: answers ? [...checks, good('probe', found)] : checks, services, findings: null };
  }
  if (!answers || folder === null) return { checks, services, findings: null };
  const probed = await probeServices(here);
  return { checks: [...checks, ...probed.checks], services, findings: probed.findings };
}

/** Finds the tokenizer and the chat template; returns the check, and their folder if they are here. */
async function checkTexts(config: RunConfig, flags: RemoteFlags, io: Io): Promise<[Check, string | null]> {
  const name = 'tokenizer';
  const { model } = config;
  try {
    const folder =
      flags.probe === true
        ? await showDownload(io, model, (onProgress) => obtainTexts(model, flags.runsDir ?? 'runs', { onProgress }))
        : await folderHere(model, flags.runsDir);
    if (folder === null) return [good(name, `${clean(model)} is not downloaded yet: a run downloads it`), null];
    const { tokenizer } = await loadText(folder, config);
    return [good(name, `${clean(folder)}: ${tokenizer.size} tokens`), folder];
  } catch (error) {
    // Finding or loading it failed, unless `obtainTexts` said so already.
    return [failed(name, flags.probe === true ? error : tokenizerError(model, error)), null];
  }
}

function good(name: string, found: string): Check {
  return { name, state: 'good', found, advice: null };
}
