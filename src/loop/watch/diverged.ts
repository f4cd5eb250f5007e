/** The advice for a run whose numbers are not finite any more: a run's settings are fixed, so only a new run helps. */

import { join } from 'node:path';
import { EngineError } from '../../errors.ts';
import { shellWord } from '../../text/shell.ts';
import type { RunContext } from '../context.ts';

/** A tenth is the usual step of a search for a learning rate. */
const LOWER = 0.1;

type Diverging = Pick<RunContext, 'config' | 'roles' | 'store'>;

/**
 * Returns an EngineError `numeric` with the command of a new run with lower learning rates; any other error unchanged.
 * Before the first step of training, the base model is the cause, and the error keeps its own advice.
 */
export function withLowerRates(error: unknown, ctx: Diverging): unknown {
  if (!(error instanceof EngineError) || error.kind !== 'numeric') return error;
  const { iteration, stage } = ctx.store.cursor();
  const roles = ctx.roles.filter(({ settings }) => settings.steps > 0);
  if (iteration === 0 || stage === 'baseline' || roles.length === 0) return error;
  const lower = roles.map(({ section, settings }) => {
    const rate = Number((settings.learningRate * LOWER).toPrecision(3));
    return `--set ${section}.learningRate=${rate}`;
  });
  const config = shellWord(join(ctx.store.dir, 'config.toml'));
  return new EngineError(
    'numeric',
    error.message.split('\n', 1)[0],
    `A resumed run computes the same again. Start a new run with lower learning rates: \`rzero evolve --config ${config} ${lower.join(' ')}\`.`,
    { cause: error },
  );
}
