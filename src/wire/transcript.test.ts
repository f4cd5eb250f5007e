/** Recorded traffic of the Tinker SDK and SkyRL's server. `test/fixtures/wire/README.md` says where it comes from. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outputOf, requestOf, sampleOf } from '../../test/fixtures/wire/plain.ts';
import { WireFormatError } from './format-error.ts';
import { parseJson } from './json/parse.ts';
import { readSampleOutputJson, readSampleRequestJson, sampleOutputJson, sampleRequestJson } from './json/sampling.ts';
import {
  forwardBackwardJson,
  forwardBackwardOutputJson,
  readForwardBackwardJson,
  readForwardBackwardOutputJson,
} from './json/training.ts';
import { decodeSampleOutput, encodeSampleOutput } from './protobuf/sampling.ts';
import {
  decodeForwardBackward,
  decodeForwardBackwardOutput,
  encodeForwardBackward,
  encodeForwardBackwardOutput,
} from './protobuf/training.ts';

const FIXTURES = 'test/fixtures/wire/transcript';
/** The complete recording, which is not part of this repository. */
const COMPLETE = '../shared/tinker-transcript';

/** Requests that are no valid messages: compressed, broken protobuf, no JSON, no limit, texts among stop tokens. */
const REFUSED = new Set([345, 385, 386, 421, 423]);

/** What Google's library read from a protobuf body. */
interface DecodedTensor {
  dense?: (number | null)[];
  dtype: string;
  shape?: number[];
}
interface DecodedRequest {
  model_id?: string;
  seq_id?: number;
  data?: {
    model_input?: { encoded_text: { tokens?: number[] } }[];
    loss_fn_inputs?: Record<string, DecodedTensor>;
  }[];
  loss_fn?: string;
  loss_fn_config?: Record<string, number>;
  forward_only?: boolean;
}
interface DecodedResult {
  message: 'ForwardBackwardOutput' | 'SampleResponse';
  loss_fn_output_type?: string;
  loss_fn_outputs?: { fields: Record<string, { data?: (number | null)[]; offsets: number[] }> }[];
  metrics?: Record<string, number>;
  sequences?: { stop_reason?: string; tokens?: number[]; logprobs?: (number | null)[] }[];
  prompt_logprobs?: (number | null)[];
}

function expectedRequest(decoded: DecodedRequest) {
  const data = (decoded.data ?? []).map(({ model_input = [], loss_fn_inputs = {} }) => ({
    tokens: model_input.flatMap(({ encoded_text }) => encoded_text.tokens ?? []),
    inputs: Object.fromEntries(
      Object.entries(loss_fn_inputs).map(([name, { dense = [], dtype, shape = null }]) => [
        name,
        { dtype: dtype === 'DTYPE_INT64' ? 'int64' : 'float32', data: dense, shape },
      ]),
    ),
  }));
  return requestOf({
    modelId: decoded.model_id ?? '',
    seqId: decoded.seq_id ?? 0,
    data,
    loss: decoded.loss_fn ?? '',
    config: decoded.loss_fn_config ?? null,
    forwardOnly: decoded.forward_only ?? false,
  });
}

function expectedResult(decoded: DecodedResult) {
  if (decoded.message === 'SampleResponse') {
    const sequences = (decoded.sequences ?? []).map(({ stop_reason, tokens = [], logprobs = null }) => ({
      tokens,
      logprobs,
      stopReason: stop_reason === 'STOP_REASON_LENGTH' ? ('length' as const) : ('stop' as const),
    }));
    return sampleOf({ sequences, promptLogprobs: decoded.prompt_logprobs ?? null });
  }
  const logprobs = (decoded.loss_fn_outputs ?? []).flatMap(({ fields }) => {
    const { data = [], offsets } = fields.logprobs;
    return offsets.slice(1).map((end, i) => data.slice(offsets[i] / 4, end / 4));
  });
  return outputOf({ outputType: decoded.loss_fn_output_type ?? '', logprobs, metrics: decoded.metrics ?? {} });
}

/** Reads a body and writes it again in both encodings; every reading must return the same message. */
function checkBody(folder: string, file: string): boolean {
  const bytes = readFileSync(join(folder, file));
  const decodedFile = join(folder, file.replace('.bin', '.decoded.json'));
  const decoded: unknown =
    file.endsWith('.bin') && existsSync(decodedFile) ? parseJson(readFileSync(decodedFile)) : null;
  if (/-forward(_backward)?\.request\.(bin|json)$/.test(file)) {
    const protobuf = file.endsWith('.bin');
    const message = protobuf ? decodeForwardBackward(bytes) : readForwardBackwardJson(parseJson(bytes));
    expect(decodeForwardBackward(encodeForwardBackward(message))).toStrictEqual(message);
    expect(readForwardBackwardJson(parseJson(forwardBackwardJson(message)))).toStrictEqual(message);
    if (protobuf && decoded !== null) expect(message).toStrictEqual(expectedRequest(decoded as DecodedRequest));
    return true;
  }
  if (file.endsWith('-asample.request.json')) {
    const message = readSampleRequestJson(parseJson(bytes));
    expect(readSampleRequestJson(parseJson(sampleRequestJson(message)))).toStrictEqual(message);
    return true;
  }
  if (file.endsWith('-retrieve_future.response.bin')) {
    const isSample = (decoded as DecodedResult).message === 'SampleResponse';
    const message = isSample ? decodeSampleOutput(bytes) : decodeForwardBackwardOutput(bytes);
    expect(message).toStrictEqual(expectedResult(decoded as DecodedResult));
    checkResult(message);
    return true;
  }
  if (file.endsWith('-retrieve_future.response.json')) {
    const body = parseJson(bytes) as object;
    if ('sequences' in body) checkResult(readSampleOutputJson(body));
    else if ('loss_fn_outputs' in body) checkResult(readForwardBackwardOutputJson(body));
    else return false;
    return true;
  }
  return false;
}

function checkResult(message: ReturnType<typeof decodeSampleOutput> | ReturnType<typeof decodeForwardBackwardOutput>) {
  if ('sequences' in message) {
    expect(decodeSampleOutput(encodeSampleOutput(message))).toStrictEqual(message);
    expect(readSampleOutputJson(parseJson(sampleOutputJson(message)))).toStrictEqual(message);
  } else {
    expect(decodeForwardBackwardOutput(encodeForwardBackwardOutput(message))).toStrictEqual(message);
    expect(readForwardBackwardOutputJson(parseJson(forwardBackwardOutputJson(message)))).toStrictEqual(message);
  }
}

const folders = [{ folder: FIXTURES, bodies: 13 }];
if (existsSync(COMPLETE)) folders.push({ folder: COMPLETE, bodies: 258 });

describe.each(folders)('recorded traffic in $folder', ({ folder, bodies }) => {
  const files = readdirSync(folder).filter((file) => !/\.(meta|decoded)\.json$|README/.test(file));
  const isRefused = (file: string) => file.includes('.request.') && REFUSED.has(Number(file.slice(0, 3)));

  it(`is read and written in both encodings: ${bodies} bodies`, () => {
    expect(files.filter((file) => !isRefused(file) && checkBody(folder, file))).toHaveLength(bodies);
  });

  it.each(files.filter(isRefused))('has requests that are refused: %s', (file) => {
    expect(() => checkBody(folder, file)).toThrow(WireFormatError);
  });
});
