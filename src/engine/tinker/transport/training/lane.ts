/**
 * The order of one model's calls. Requests are submitted one after the other, in the order of the calls; results are
 * awaited together, so that a step can be submitted before the gradient is ready. Some services merge the passes that
 * wait together, and use the loss of the first for all: passes of different kinds never wait together.
 */

import { isAborted } from '../../../../errors.ts';
import { ServiceError } from '../../service.ts';

/** Submits a request; the result waits for its answer. */
export type Submit<T> = () => Promise<() => Promise<T>>;

export interface Turn {
  /**
   * Passes with the same key may wait together. Absent: no pass, it waits for none. Null: the call waits for all before
   * it, and all after it wait.
   */
  key?: string | null;
  /** Whether the model is as before when the call fails. */
  harmless: boolean;
  /** The call that ends the model: it is made also after failures. */
  last?: boolean;
}

export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  #pending = new Map<Promise<unknown>, string | undefined>();
  /** Counts failures: calls that were made before one was known depend on what has failed. */
  #failures = 0;
  #end: ServiceError | null = null;

  /** Runs a call in its turn. Throws what it throws, or ServiceError if an earlier call has failed. */
  async run<T>(turn: Turn, submit: Submit<T>): Promise<T> {
    const failures = this.#failures;
    const before = this.#last;
    let done = (): void => {};
    this.#last = new Promise<void>((resolve) => {
      done = resolve;
    });
    try {
      await before;
      await this.#others(turn.key);
      if (turn.last !== true) this.#check(failures);
      const wait = await submit();
      if (turn.key === null) return await wait();
      const result = wait();
      this.#pending.set(result, turn.key);
      // The next call may be submitted now.
      done();
      return await result.finally(() => this.#pending.delete(result));
    } catch (error) {
      this.#failed(error, turn.harmless);
      throw error;
    } finally {
      done();
    }
  }

  /** From now on every call fails. */
  end(cause: ServiceError): void {
    this.#end ??= cause;
  }

  async #others(key: string | null | undefined): Promise<void> {
    const excludes = (own: string | undefined): boolean =>
      key === null || (key !== undefined && own !== undefined && own !== key);
    await Promise.allSettled([...this.#pending].filter(([, own]) => excludes(own)).map(([result]) => result));
  }

  #check(failures: number): void {
    const end = this.#end;
    if (end !== null) {
      const text = `the model cannot be used any more: ${end.message}`;
      throw new ServiceError('lost-model', text, { status: end.status ?? undefined, cause: end });
    }
    if (failures !== this.#failures) throw new ServiceError('refused', 'an earlier call of this model has failed');
  }

  #failed(error: unknown, harmless: boolean): void {
    if (!harmless) this.#failures++;
    if (!(error instanceof ServiceError)) return;
    if (error.outcome === 'lost-model' || (error.outcome === 'unknown' && !harmless)) this.end(error);
  }
}

/** Whether an error leaves a hole in the sequence of numbers: the request may not have arrived. */
export function leavesGap(error: unknown): boolean {
  if (isAborted(error)) return true;
  return error instanceof ServiceError && ['unknown', 'unreachable', 'billing'].includes(error.outcome);
}
