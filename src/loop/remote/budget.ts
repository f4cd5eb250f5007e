/** A limit on what a run may use of a service. It is checked between steps, so that a run passes it by one step at most. */

import type { EngineConfig } from '../../config/schema.ts';
import { ConfigError } from '../../errors.ts';
import { resumeName } from '../../store/failures.ts';
import type { RunStore } from '../../store/store.ts';
import type { EngineUsage } from '../../types.ts';
import { tokensOf, usageOf, withUsage } from './usage.ts';

/** Thrown between steps when the budget is spent. Only `evolve` catches it. */
export class BudgetSpent extends Error {
  readonly limit: Spent['limit'];
  constructor({ message, limit }: Spent) {
    super(message);
    this.name = 'BudgetSpent';
    this.limit = limit;
  }
}

/** What is left of a run's budget. */
export interface Budget {
  /** Counts the metrics of a committed step. */
  add(metrics: Readonly<Record<string, number>>): void;
  /** Throws BudgetSpent if nothing is left. */
  check(): void;
}

/** Returns the budget of a run, with what its committed steps have used; undefined without a limit. */
export function budgetOf(engine: EngineConfig, store: Pick<RunStore, 'metrics'>): Budget | undefined {
  if (!isLimited(engine)) return undefined;
  let used = usageOf(store);
  return {
    add(metrics) {
      used = withUsage(used, metrics);
    },
    check() {
      const spent = spentOf(engine, used);
      if (spent !== null) throw new BudgetSpent(spent);
    },
  };
}

/**
 * Refuses to continue a run that has spent its budget, before its engine is opened.
 * @throws ConfigError with the option that raises the budget
 */
export function checkBudget(engine: EngineConfig, store: Pick<RunStore, 'dir' | 'metrics'>): void {
  const spent = isLimited(engine) ? spentOf(engine, usageOf(store)) : null;
  if (spent === null) return;
  const raise = `\`rzero resume ${resumeName(store.dir)} ${doublingOption(spent.limit, spent.used)}\``;
  throw new ConfigError(spent.message, `Raise the budget: ${raise}, or any larger one; 0 is no limit.`);
}

type Limited = Extract<EngineConfig, { kind: 'tinker' }>;

function isLimited(engine: EngineConfig): engine is Limited {
  return engine.kind === 'tinker' && (engine.budget.tokens > 0 || engine.budget.cost > 0);
}

/** Returns the option that sets a budget of twice what was used. */
export function doublingOption(limit: 'tokens' | 'cost', used: number): string {
  const twice = Math.ceil(2 * used);
  return limit === 'tokens' ? `--budget-tokens ${twice}` : `--budget-cost ${twice}`;
}

/** A spent limit of the budget. */
interface Spent {
  message: string;
  limit: 'tokens' | 'cost';
  used: number;
}

function spentOf({ budget }: Limited, used: EngineUsage | null): Spent | null {
  if (used === null) return null;
  const tokens = tokensOf(used);
  if (budget.tokens > 0 && tokens >= budget.tokens) {
    const message = `The run has used ${tokens} tokens of the service; its budget is ${budget.tokens} (engine.budget.tokens).`;
    return { message, limit: 'tokens', used: tokens };
  }
  if (budget.cost > 0 && used.cost !== null && used.cost >= budget.cost) {
    const message = `The run has cost ${used.cost.toFixed(2)}; its budget is ${budget.cost} (engine.budget.cost).`;
    return { message, limit: 'cost', used: used.cost };
  }
  return null;
}
