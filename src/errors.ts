/**
 * Errors, one class per boundary. A bad sample from the model is data, not an error. An error stops the stage, and
 * everything committed before it is kept. The last line of every message says what to do. To add an error, subclass
 * `RzeroError`, give it a code, and throw it at that boundary only.
 */

/** Base class of all errors that rzero throws on purpose. */
export class RzeroError extends Error {
  /** Stable identifier for programs: `config`, `model-load`, … */
  readonly code: string;
  /** What the user can do; printed as the last line. */
  readonly advice: string;

  constructor(code: string, message: string, advice: string, options?: { cause?: unknown }) {
    super(`${message}\n${advice}`, options);
    this.name = new.target.name;
    this.code = code;
    this.advice = advice;
  }
}

/** Invalid config file, flag or value. */
export class ConfigError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('config', message, advice, options);
  }
}

/** Checkpoint folder that cannot be loaded. */
export class ModelLoadError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('model-load', message, advice, options);
  }
}

/** Kinds of failures of an engine. */
export const ENGINE_ERROR_KINDS = [
  'user',
  'transient',
  'lost-policy',
  'lost-sampler',
  'conflict',
  'aborted',
  'budget',
  'numeric',
] as const;

/** What kind of failure an `EngineError` is. */
export type EngineErrorKind = (typeof ENGINE_ERROR_KINDS)[number];

/** Failure of the engine, which samples and trains. */
export class EngineError extends RzeroError {
  readonly kind: EngineErrorKind;
  constructor(kind: EngineErrorKind, message: string, advice: string, options?: { cause?: unknown }) {
    super(`engine/${kind}`, message, advice, options);
    this.kind = kind;
  }
}

/** Failure of the answer checker itself. An answer that it cannot compare is `undecided`, not an error. */
export class GradingError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('grading', message, advice, options);
  }
}

/** Run folder or database that cannot be read or written. */
export class StoreError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('store', message, advice, options);
  }
}

/** Evaluation that cannot be carried out. */
export class EvalError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('eval', message, advice, options);
  }
}

/** Returns whether an error, or one of its causes, reports a call that was aborted by its signal. */
export function isAborted(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const own = error instanceof EngineError ? error.kind === 'aborted' : error.name === 'AbortError';
  return own || isAborted(error.cause);
}

/** Returns a short text for any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
