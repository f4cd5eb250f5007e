/** One session of a run: records how it ended in the run's database, and reports it as an event. */

import { messageOf, RzeroError } from '../../errors.ts';
import type { RunSummary } from '../../events.ts';
import { nameRun } from '../../run-place.ts';
import type { SessionEnd } from '../../store/store.ts';
import type { RunContext } from '../context.ts';

type SessionContext = Pick<RunContext, 'store' | 'emit'>;

/**
 * Runs `work` as a session. Its error is thrown with the run's name (`runOf`); what is not an `Error` is converted to
 * one. If the process exits meanwhile, that is recorded too. A session without a record was killed or crashed.
 */
export async function runSession(ctx: SessionContext, work: () => Promise<RunSummary>): Promise<RunSummary> {
  const end = ctx.store.beginSession();
  const onExit = (code: number): void => {
    const reason = `The process exited with code ${code} during the run.`;
    recordFailure(ctx, end, { outcome: code > 128 ? 'stopped' : 'failed', reason }, null);
  };
  // Before the listener that releases the lock.
  process.prependListener('exit', onExit);
  try {
    const summary = await work();
    ctx.emit({ type: 'run-end', summary });
    end({ outcome: summary.outcome, reason: summary.explanation });
    return summary;
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(messageOf(thrown));
    nameRun(error, { id: ctx.store.meta().id, dir: ctx.store.dir });
    const code = error instanceof RzeroError ? error.code : null;
    recordFailure(ctx, end, { outcome: 'failed', reason: error.message }, code);
    throw error;
  } finally {
    process.off('exit', onExit);
  }
}

function recordFailure(
  ctx: SessionContext,
  end: (how: SessionEnd) => void,
  how: SessionEnd,
  code: string | null,
): void {
  const { store, emit } = ctx;
  attempt(() => end(how));
  attempt(() => emit({ type: 'run-failed', runId: store.meta().id, runDir: store.dir, code, message: how.reason }));
}

/** The disk or the folder may be the reason for the failure itself, which is thrown in any case. */
function attempt(record: () => void): void {
  try {
    record();
  } catch {
    return;
  }
}
