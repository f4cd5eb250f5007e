/**
 * ONNX Runtime sends usage data unless an environment variable disables it before the first session: on Linux and macOS
 * it keeps a device id and a database in the user's cache folder, and uploads from there. Importing this module on the
 * main thread sets the variable. It has no effect on Windows, where events stay in the system's tracing (ETW).
 */

import { isMainThread } from 'node:worker_threads';

import { EngineError } from '../../errors.ts';

const VARIABLE = 'ORT_DISABLE_TELEMETRY';

if (isMainThread) disableTelemetry();

/**
 * Disables ONNX Runtime's telemetry for this process, whatever value the user's environment has.
 *
 * Only the main thread can set a variable that a native library reads: `process.env` of a worker thread is a copy.
 *
 * @throws EngineError on a worker thread that started without the variable.
 */
export function disableTelemetry(): void {
  if (isMainThread) process.env[VARIABLE] = '1';
  else if (process.env[VARIABLE] !== '1')
    throw new EngineError(
      'user',
      'A worker thread cannot switch off the telemetry of ONNX Runtime.',
      `Set process.env.${VARIABLE} = '1' on the main thread before it starts the worker.`,
    );
}
