/**
 * Changes the number of iterations of an existing run (`rzero resume RUN --iterations N`). A finished run goes on where
 * a longer one would have been after the same iterations, so it ends with the same bits.
 */

import { join } from 'node:path';
import { isSupervised } from '../../config/phases.ts';
import { ConfigError } from '../../errors.ts';
import { STAGES } from '../../roles.ts';
import { newRunCommand, resumeName } from '../../store/failures.ts';
import { shellWord } from '../../text/shell.ts';
import type { RunStore } from '../../store/store.ts';
import type { Cursor } from '../../types.ts';
import type { RunContext } from '../context.ts';
import { BEST_FOLDER } from '../training/weights.ts';

/** A new number of iterations. */
export interface Extension {
  from: number;
  to: number;
  /** Where the run continues. */
  cursor: Cursor;
}

/**
 * Returns the change that leads to `iterations`; null if the run already plans as many. Changes nothing.
 * @throws ConfigError if the run cannot have this number of iterations
 */
export function extensionOf(store: RunStore, iterations: number): Extension | null {
  const { config } = store.meta();
  if (isSupervised(config)) {
    throw new ConfigError(
      `The run ${store.meta().id} is supervised training, which has one iteration.`,
      `Train further with \`rzero finetune --model ${shellWord(store.dir)} --data FILE\`.`,
    );
  }
  if (iterations === config.iterations) return null;
  checkOutcome(store);
  const begun = begunIterations(store.cursor());
  if (iterations < begun) {
    throw new ConfigError(
      `The run ${store.meta().id} is in iteration ${begun}${store.summary() === null ? '' : ', and finished'}; --iterations ${iterations} is fewer.`,
      `Pass --iterations ${begun} or more. Earlier iterations stay available: \`rzero show ${resumeName(store.dir)}\`.`,
    );
  }
  return { from: config.iterations, to: iterations, cursor: continued(store.cursor(), iterations) };
}

/** Makes the change durable, and reports it. */
export function applyExtension(
  { store, emit }: Pick<RunContext, 'store' | 'emit'>,
  { from, to, cursor }: Extension,
): void {
  store.commit({ cursor, iterations: to });
  emit({ type: 'iterations-changed', from, to });
}

/** A run that ended early would end at the same place with any number of iterations. */
function checkOutcome(store: RunStore): void {
  const summary = store.summary();
  if (summary === null || summary.outcome === 'finished') return;
  const why = summary.outcome === 'collapsed' ? 'a monitor ended it' : 'too few questions passed the filter';
  throw new ConfigError(
    `The run ${summary.runId} ended early in iteration ${store.cursor().iteration}: ${why}. With more iterations it would end at the same place.`,
    `Start a new run from its best model, with other settings: \`${newRunCommand(store.dir)} --model ${shellWord(join(store.dir, BEST_FOLDER))}\`, with --set KEY=VALUE.`,
  );
}

/** Returns the number of iterations that have begun. The cursor before a first step belongs to the iteration before. */
function begunIterations({ iteration, stage, step }: Cursor): number {
  return stage === STAGES[0] && step === 0 ? iteration - 1 : iteration;
}

function continued(cursor: Cursor, iterations: number): Cursor {
  if (cursor.stage === 'done') return { iteration: cursor.iteration + 1, stage: STAGES[0], step: 0 };
  return cursor.iteration <= iterations ? cursor : { iteration: iterations, stage: 'done', step: 0 };
}
