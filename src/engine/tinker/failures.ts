/** Turns failures of a service into errors of the engine, with advice. */

import { EngineError, isAborted, RzeroError } from '../../errors.ts';
import { KEY_VARIABLE } from './address.ts';
import { ServiceError } from './service.ts';

const AGAIN = 'everything committed is kept: run the same command again (a run: `rzero resume`)';

/**
 * Returns the EngineError for a failure of a service; other errors unchanged.
 * @param doing what the engine asked for, e.g. `train`
 */
export function engineError(error: unknown, doing: string): unknown {
  if (error instanceof RzeroError || !(error instanceof ServiceError)) return error;
  const cause = { cause: error };
  const why = `The service could not ${doing}: ${error.message.replace(/\.(?=$| \(HTTP \d+\)$)/, '')}.`;
  if (error.status === 401 || error.status === 403) return new EngineError('user', why, keyAdvice(), cause);
  switch (error.outcome) {
    case 'refused':
      return new EngineError('user', why, 'Correct what the service names, then run the command again.', cause);
    case 'failed':
      return new EngineError('transient', why, `See the log of the service; ${AGAIN}.`, cause);
    case 'unreachable':
      return new EngineError('transient', why, `Check that the service runs at its address; ${AGAIN}.`, cause);
    case 'billing':
      return new EngineError('budget', why, `Settle the account of the service; ${AGAIN}.`, cause);
    case 'lost-sampler':
      return new EngineError('lost-sampler', why, `Open the weights again; ${AGAIN}.`, cause);
    case 'unknown':
    case 'lost-model':
      return new EngineError('lost-policy', why, `Open the policy again from its last state; ${AGAIN}.`, cause);
  }
}

function keyAdvice(): string {
  const isSet = (process.env[KEY_VARIABLE] ?? '') !== '';
  const what = isSet
    ? `a key that the service accepts: ${KEY_VARIABLE} is set to another one`
    : 'the key of the account';
  return `Set the environment variable ${KEY_VARIABLE} to ${what}. Or name another service with --url.`;
}

/**
 * As `calling`, for the first calls to a service: an address without a Tinker service answers these with something else.
 */
export async function reaching<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError) || !isForeign(error)) throw engineError(error, doing);
    throw new EngineError(
      'user',
      `This is not the address of a Tinker service: ${error.message.replace(/\.$/, '')}.`,
      'Check --url: it is the address of the service without the path of a call, such as http://localhost:8000. An OpenAI-compatible endpoint only serves `rzero eval`.',
      { cause: error },
    );
  }
}

/** Whether a program that is no Tinker service answers the first calls like this. */
function isForeign({ outcome, status }: ServiceError): boolean {
  if (status === null || status === 401 || status === 403) return false;
  const isMissing = status < 500 || status === 501;
  return (outcome === 'refused' && isMissing) || (outcome === 'failed' && status < 400);
}

/** Runs a call to a service, and throws its failure as an EngineError. */
export async function calling<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw engineError(error, doing);
  }
}

/** Throws EngineError `aborted` if the signal has aborted. */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new EngineError('aborted', 'The call was aborted.', 'Resume the run to continue from its last step.');
}

/** Returns whether a failed call may have changed the model on the service, or has left it unusable. */
export function leavesDoubt(error: unknown): boolean {
  return isAborted(error) || (error instanceof ServiceError && error.outcome !== 'refused');
}

/** Returns whether the work can be done again on a new model: the old one is lost, or in doubt. */
export function isRecoverable(error: unknown): error is ServiceError {
  return error instanceof ServiceError && ['unknown', 'lost-model', 'failed'].includes(error.outcome);
}
