/** Checks that the domain supports the config, before the run's folder is created. */

import { checkOpenDials } from '../../config/dials/check-dials.ts';
import { hasVerifier } from '../../config/phases.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import type { Engine, WeightsRef } from '../../engine/engine.ts';
import { ConfigError } from '../../errors.ts';
import { needOf } from '../../rewards/label-free/label-free.ts';
import { noMeasures } from '../training/attempt-evidence.ts';
import { type VerdictContext, verdictTokens, verificationOf } from '../verifier/ask-verdicts.ts';

/**
 * Checks that the domain supports the config.
 * @throws ConfigError if it lacks an ability that the config needs
 */
export function checkAbilities(config: RunConfig, domain: Domain): void {
  if (domain.kind === 'open') checkOpen(config, domain);
  if (config.labels !== 'majority' && domain.truth === undefined) {
    throw new ConfigError(
      `labels = "${config.labels}" needs a domain with an oracle; the domain ${domain.name} has none.`,
      'Use labels = "majority" (the R-Zero algorithm) or a domain with an oracle (arithmetic, code). To train on your own answers: `rzero finetune --data FILE`.',
    );
  }
  if (config.illPosed === 'refuse' && domain.isWellPosed === undefined) {
    throw new ConfigError(
      `illPosed = "refuse" needs a domain with a grammar; the domain ${domain.name} has none.`,
      'Use illPosed = "accept", a domain with a grammar (arithmetic), or add isWellPosed to your domain.',
    );
  }
  if (config.audit.views > 0 && domain.views === undefined) {
    throw new ConfigError(
      `audit.views = ${config.audit.views} needs a domain that words questions in other ways; the domain ${domain.name} has none.`,
      'Use audit.views = 0, the domain arithmetic, or add views to your domain.',
    );
  }
  if (config.votes.views > 0 && config.votes.viewsFrom === 'domain' && domain.views === undefined) {
    throw new ConfigError(
      `votes.views = ${config.votes.views} needs a domain that words questions in other ways; the domain ${domain.name} has none.`,
      'Use votes.views = 0, the domain arithmetic, or add views to your domain.',
    );
  }
  if (config.votes.views > 0 && config.votes.viewsFrom === 'challenger' && domain.rewordMessages === undefined) {
    throw new ConfigError(
      `votes.viewsFrom = "challenger" needs a domain that asks for other wordings; the domain ${domain.name} does not.`,
      'Use votes.viewsFrom = "domain", the domain math, or add rewordMessages to your domain.',
    );
  }
  if (hasVerifier(config)) verificationOf({ domain });
  for (const [key, wanted] of [
    ['audit.planted', config.audit.planted],
    ['finetune.data', config.finetune.data],
  ] as const) {
    if (typeof wanted === 'number' && wanted > 0 && domain.generate === undefined) {
      throw new ConfigError(
        `${key} = ${wanted}: the domain ${domain.name} cannot generate questions with known answers.`,
        `Set ${key} to a JSONL, JSON, CSV or Parquet file with the columns question and answer.`,
      );
    }
  }
}

/**
 * Checks that the model writes the verdicts of the domain as one token each, where the Verifier gives such.
 * @throws ConfigError
 */
export function checkVerdicts(ctx: VerdictContext): void {
  if (hasVerifier(ctx.config) && ctx.config.verifier.kind === 'token') verdictTokens(ctx);
}

/**
 * Checks that the engine has what `solver.reward` needs. Only user code may lack it; the config refuses a service.
 * @throws ConfigError
 */
export async function checkMeasures(config: RunConfig, engine: Engine, base: WeightsRef): Promise<void> {
  if (config.engine.kind !== 'module' || needOf(config.solver.reward) !== 'distributions') return;
  const sampler = await engine.openSampler(base);
  try {
    if (sampler.measure === undefined) throw noMeasures();
  } finally {
    await sampler.close();
  }
}

/** Checks what a run on an open domain needs. */
function checkOpen(config: RunConfig, domain: Domain): void {
  checkOpenDials(config);
  if (config.open.signal === 'hints' && domain.hintedMessages === undefined) {
    throw new ConfigError(
      `open.signal = "hints" needs a domain that shows hints to the Solver; the domain ${domain.name} does not.`,
      'Use open.signal = "scores", or add hintedMessages to your domain.',
    );
  }
}
