/**
 * The child process of a measurement of the GPU (`measure.ts` starts it). A driver may end the process that tries it, so
 * no other process does. Sends each part of the report as soon as it is measured.
 */

import { EngineError, messageOf } from '../../../errors.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { tryAdapter, tryBuffers } from './adapter.ts';
import { compareNumbers } from './numbers.ts';
import { type EngineSizes, measureSpeed, tooLarge } from './rates.ts';
import type { Measured, ReportPart } from './report.ts';
import { largestTensor } from './shapes.ts';
import { proveOperators, provenOperators, RIGHT_WITHIN } from '../webgpu/proof/prove.ts';

/** What the parent process asks for, as a JSON text in the first argument. */
export interface MeasureRequest {
  decoder: DecoderConfig;
  sizes: EngineSizes;
  /** What to measure after the adapter. */
  parts: readonly Measured[];
  /** Whether only the model's largest tensor is tried as a buffer. */
  onlyLargest: boolean;
}

/** More of them take longer, and are run by the tests. */
const CASES_OF_OPERATOR = 2;

const request = JSON.parse(process.argv[2]) as MeasureRequest;

const MEASURES: Record<Measured, () => Promise<ReportPart>> = {
  adapter: tryAdapter,
  numbers: async () => ({ ...(await compareNumbers(request.decoder)), operators: await compareOperators() }),
  speed: async () => {
    const why = tooLarge(request.decoder);
    if (why !== null) return { part: 'skipped', what: 'speed', why };
    return measureSpeed(request.decoder, request.sizes);
  },
  buffer: () => tryBuffers(request.onlyLargest ? largestTensor(request.decoder) : undefined),
};

async function compareOperators(): Promise<{ wrong: string[]; of: number }> {
  const proofs = await proveOperators(CASES_OF_OPERATOR);
  const wrong = proofs.filter(({ difference }) => !(difference <= RIGHT_WITHIN)).map(({ operator }) => operator);
  return { wrong: [...new Set(wrong)], of: provenOperators().length };
}

async function measure(): Promise<void> {
  for (const what of request.parts) {
    const part = await MEASURES[what]().catch((error: unknown) => failure(what, error));
    await send(part);
    if (what === 'adapter' && part.part === 'failed') return;
  }
}

function failure(what: Measured, error: unknown): ReportPart {
  const part = { part: 'failed', what } as const;
  if (!(error instanceof EngineError)) return { ...part, message: messageOf(error) };
  const { kind, advice, message } = error;
  return { ...part, message: message.slice(0, -advice.length - 1), typed: { kind, advice } };
}

function send(part: ReportPart): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) reject(new Error('measure-child.ts runs as a child process only'));
    else process.send(part, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

await measure();
// A driver may keep threads that would keep the process.
process.exit(0);
