/** Finds the models that `rzero eval` evaluates: those of `generate/open-model.ts`, and a model of a service. */

import { shownServices } from '../../engine/tinker/address.ts';
import { findEvaluated, type FoundModel } from '../../generate/open-model.ts';
import { isNamedByRun } from '../../generate/run-model.ts';
import { MEASURED } from '../../roles.ts';
import type { Io } from '../io.ts';
import { addressFlags, namesService, type ServiceFlags } from '../service/flags.ts';
import { findSubject } from '../settings.ts';
import type { Accesses } from './eval-access.ts';

/** Finds a model by the name that the user gives, for its use in the evaluation. */
export type Find = (spec: string, as: keyof Accesses) => Promise<FoundModel>;

/** The options that find models. */
export interface FindFlags extends ServiceFlags {
  model?: string;
  runsDir?: string;
  set?: string[];
}

/** Returns the function that finds models. The options of a service apply to the evaluated model, not to the others. */
export function finder(flags: FindFlags, accesses: Accesses, io: Io): Find {
  const runsDir = flags.runsDir ?? 'runs';
  return async (spec, as) => {
    if (as === 'model' && namesService(flags) && (flags.model === undefined || !isNamedByRun(spec, runsDir))) {
      return onService(flags, io);
    }
    const found = await findEvaluated(spec, { runsDir, access: accesses[as] });
    return as === 'model' ? moved(found, flags) : found;
  };
}

async function onService(flags: FindFlags, io: Io): Promise<FoundModel> {
  const { name, config, weights, tokenizer } = await findSubject(flags, MEASURED, io);
  const service = config?.engine.kind === 'tinker' ? shownServices(config.engine) : '';
  return {
    identity: { kind: 'service', name, location: `${service}#${name}`, fingerprint: null, iteration: null },
    runDir: null,
    config,
    model: { weights, tokenizer },
    endpoint: null,
  };
}

/** A run's service may have another address now. */
function moved(found: FoundModel, flags: FindFlags): FoundModel {
  const { config } = found;
  if (config?.engine.kind !== 'tinker') return found;
  return { ...found, config: { ...config, engine: { ...config.engine, ...addressFlags(flags) } } };
}
