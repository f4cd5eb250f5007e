/** Errors in OpenAI's form, `{error: {message, type, param, code}}`. */

import { EngineError, isAborted, RzeroError } from '../../errors.ts';
import { Refusal } from '../shell/refusal.ts';

/** A request that is answered with an error. The message is for the caller, and never names files of the server. */
export class ApiError extends Error {
  readonly status: number;
  /** Field of the request that is wrong; null if it is none. */
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    { param = null, code = null, headers = {} }: Partial<Pick<ApiError, 'param' | 'code' | 'headers'>> = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.param = param;
    this.code = code;
    this.headers = headers;
  }
}

/** A request that asks for something that is not supported. */
export function unsupported(param: string, message: string): ApiError {
  return new ApiError(400, message, { param, code: 'unsupported_parameter' });
}

/** A field with a wrong value. */
export function invalid(param: string, message: string, code: string | null = 'invalid_value'): ApiError {
  return new ApiError(400, message, { param, code });
}

export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

/** Returns the body of an error. */
export function errorBody({ status, message, param, code }: ApiError): ErrorBody {
  return { error: { message, type: typeOf(status), param, code } };
}

/** Returns the HTTP response of an error. */
export function errorResponse(error: ApiError): Response {
  return Response.json(errorBody(error), { status: error.status, headers: error.headers });
}

/** Returns a refusal of the HTTP shell as an error of this API. */
export function fromRefusal({ status, message, headers }: Refusal): ApiError {
  return new ApiError(status, message, { headers, code: CODES.get(status) ?? null });
}

const CODES = new Map([
  [401, 'invalid_api_key'],
  [413, 'request_too_large'],
  [429, 'rate_limit_exceeded'],
]);

/**
 * Returns any failure as an error of this API. Those that are faults of this program are passed to `onFault`, and the
 * client does not see their text.
 */
export function asApiError(error: unknown, onFault: (error: unknown) => void): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof Refusal) return fromRefusal(error);
  if (isAborted(error)) return stopped();
  if (error instanceof EngineError && (error.kind === 'user' || error.kind === 'numeric')) {
    return new ApiError(400, firstLine(error));
  }
  if (error instanceof EngineError && error.kind === 'budget') {
    return new ApiError(400, firstLine(error), { param: 'model', code: 'model_too_large' });
  }
  onFault(error);
  const known = error instanceof RzeroError;
  return new ApiError(500, known ? 'The model failed. The output of the server has the reason.' : FAULT);
}

const FAULT = 'The server failed. Its output has the reason.';

function stopped(): ApiError {
  return new ApiError(503, 'The server is being stopped. Repeat the request when it runs again.', {
    code: 'server_stopped',
    headers: { 'Retry-After': '5' },
  });
}

function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0];
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
