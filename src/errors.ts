/**
 * Errors, one class per boundary. A bad sample of the model is data and never one of these; an error
 * here stops the stage, and everything committed before it stays. The last line of every message
 * says what to do. To add one: subclass `RzeroError`, give it a code, and throw it at that boundary only.
 */

export class RzeroError extends Error {
  /** Stable, for programs: `config`, `model-load`, … */
  readonly code: string;
  /** What the user can do about it: printed as the last line. */
  readonly advice: string;

  constructor(code: string, message: string, advice: string, options?: { cause?: unknown }) {
    super(`${message}\n${advice}`, options);
    this.name = new.target.name;
    this.code = code;
    this.advice = advice;
  }
}

/** A config file, a flag or a value that cannot be used. */
export class ConfigError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('config', message, advice, options);
  }
}

/** A checkpoint folder that cannot be loaded. */
export class ModelLoadError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('model-load', message, advice, options);
  }
}

export type EngineErrorKind =
  | 'user'
  | 'transient'
  | 'lost-policy'
  | 'lost-sampler'
  | 'conflict'
  | 'aborted'
  | 'budget'
  | 'numeric';

/** The machine that samples and trains failed. */
export class EngineError extends RzeroError {
  readonly kind: EngineErrorKind;
  constructor(kind: EngineErrorKind, message: string, advice: string, options?: { cause?: unknown }) {
    super(`engine/${kind}`, message, advice, options);
    this.kind = kind;
  }
}

/** The answer checker itself broke (a strange answer is `undecided`, not an error). */
export class GradingError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('grading', message, advice, options);
  }
}

/** The run folder or its database cannot be read or written. */
export class StoreError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('store', message, advice, options);
  }
}

/** An evaluation that cannot be carried out. */
export class EvalError extends RzeroError {
  constructor(message: string, advice: string, options?: { cause?: unknown }) {
    super('eval', message, advice, options);
  }
}

/** A short text for any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
