/** Changes the address or the budget of an existing run on a service (`rzero resume --url`, `--budget-tokens`). */

import { basename } from 'node:path';
import { hasPrices } from '../../config/dials/service-dials.ts';
import { resolveConfig } from '../../config/load.ts';
import type { EngineConfig } from '../../config/schema.ts';
import { withAddress } from '../../engine/tinker/address.ts';
import { ConfigError } from '../../errors.ts';
import { resumeName } from '../../store/failures.ts';

/** New settings of a run's service; what is absent stays. */
export interface ServiceChange {
  url?: string;
  challengerUrl?: string;
  solverUrl?: string;
  referenceUrl?: string;
  /** Tokens over all sessions of the run; 0 is no limit. */
  budgetTokens?: number;
  /** Cost over all sessions of the run, in the currency of the prices; 0 is no limit. */
  budgetCost?: number;
}

/**
 * Returns the engine's settings with a change; the same object if there is none.
 * @param dir the run's folder
 * @throws ConfigError if the run's engine is no service, or a value is not possible
 */
export function changedEngine(engine: EngineConfig, change: ServiceChange = {}, dir: string): EngineConfig {
  if (Object.values(change).every((value) => value === undefined)) return engine;
  if (engine.kind !== 'tinker') {
    throw new ConfigError(
      `The run ${basename(dir)} has the engine "${engine.kind}", which has no address and no budget.`,
      `Continue it without them: \`rzero resume ${resumeName(dir)}\`.`,
    );
  }
  const { budgetTokens, budgetCost, ...addresses } = change;
  if (budgetCost !== undefined && budgetCost > 0 && !hasPrices(engine)) {
    throw new ConfigError(
      `The run ${basename(dir)} has no prices (engine.price), so its cost is not known.`,
      `Limit its tokens: \`rzero resume ${resumeName(dir)} --budget-tokens 100000000\`, or any other number.`,
    );
  }
  const given = Object.entries(addresses).filter(([, url]) => url !== undefined);
  const budget = { tokens: budgetTokens ?? engine.budget.tokens, cost: budgetCost ?? engine.budget.cost };
  const changed = resolveConfig({ flags: { engine: { ...engine, ...Object.fromEntries(given), budget } } }).engine;
  return changed.kind === 'tinker' ? withAddress(changed, {}) : changed;
}
