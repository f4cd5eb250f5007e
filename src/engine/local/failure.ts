/** Errors as messages between threads: the report of an error, and the error that is rebuilt from it. */

import {
  ENGINE_ERROR_KINDS,
  EngineError,
  type EngineErrorKind,
  messageOf,
  ModelLoadError,
  StoreError,
} from '../../errors.ts';

export interface FailureReport {
  /** Error class to construct on the other side. */
  type: 'engine' | 'model-load' | 'store' | 'unexpected';
  kind?: string;
  message: string;
  advice: string;
}

export const RETRY = 'Start again: everything saved before is kept. `rzero doctor` checks the memory and ONNX Runtime.';

/** Reports an error in a message that the other side rebuilds. */
export function reportOf(error: unknown): FailureReport {
  const [message, advice] = [
    firstLines(error),
    error instanceof Error && 'advice' in error ? String(error.advice) : '',
  ];
  if (error instanceof EngineError) return { type: 'engine', kind: error.kind, message, advice };
  if (error instanceof ModelLoadError) return { type: 'model-load', message, advice };
  if (error instanceof StoreError) return { type: 'store', message, advice };
  return {
    type: 'unexpected',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    advice,
  };
}

/** The message without its last line, the advice. */
function firstLines(error: unknown): string {
  return messageOf(error).split('\n').slice(0, -1).join('\n');
}

/** Rebuilds the error of a report. */
export function rebuiltFrom({ type, kind, message, advice }: FailureReport): Error {
  if (type === 'engine') return new EngineError(isEngineKind(kind) ? kind : 'user', message, advice);
  if (type === 'model-load') return new ModelLoadError(message, advice);
  if (type === 'store') return new StoreError(message, advice);
  return new EngineError('transient', `The engine failed unexpectedly: ${message}`, RETRY);
}

function isEngineKind(kind: string | undefined): kind is EngineErrorKind {
  return ENGINE_ERROR_KINDS.some((known) => known === kind);
}
