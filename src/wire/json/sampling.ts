/** Requests to sample and their results in JSON, both ways. Reading takes parsed JSON, writing returns text. */

import { WireFormatError } from '../format-error.ts';
import type { SampleOutput, WireSampleRequest, WireSamplingParams, WireSequence } from '../messages.ts';
import { matchLogprobs } from '../shape.ts';
import { asArray, asBoolean, asFloat32s, asInt32s, asInteger, asNumber, asObject, asText, optional } from './fields.ts';
import { modelInputJson, readModelInputJson } from './tensors.ts';
import { floatJson, listJson, numbersJson, objectJson } from './write.ts';

/** Returns the body of `asample`. */
export function sampleRequestJson(request: WireSampleRequest): string {
  const { samplingSession, seqId, baseModel, modelPath, n, prompt, params } = request;
  return objectJson({
    sampling_session_id: text(samplingSession),
    seq_id: seqId?.toString(),
    base_model: text(baseModel),
    model_path: text(modelPath),
    num_samples: String(n),
    prompt: modelInputJson(prompt),
    sampling_params: samplingParamsJson(params),
    prompt_logprobs: String(request.promptLogprobs),
    topk_prompt_logprobs: String(request.topkPromptLogprobs),
    type: '"sample"',
  });
}

function samplingParamsJson({ temperature, top_p, ...others }: WireSamplingParams): string {
  const parts = Object.entries(others).map(([name, value]) => [
    name,
    value === undefined ? value : JSON.stringify(value),
  ]);
  return objectJson({ ...Object.fromEntries(parts), temperature: floatJson(temperature), top_p: floatJson(top_p) });
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** Options of later SDKs that change the answer, which this project does not have. */
const UNSUPPORTED = [
  'topk_sample_logprobs',
  'target_prompt_logprobs',
  'prompt_alt_tokens_k',
  'prompt_logprobs_last_n',
  'record_stability_info',
];

/** Reads the body of `asample`. Throws WireFormatError; options that would change the answer unseen are refused. */
export function readSampleRequestJson(body: unknown): WireSampleRequest {
  const fields = asObject(body, 'the body');
  const unsupported = UNSUPPORTED.find((name) => Boolean(fields[name]));
  if (unsupported) throw new WireFormatError(`${unsupported} is not supported`);
  return {
    samplingSession: optional(fields.sampling_session_id, 'sampling_session_id', asText),
    seqId: optional(fields.seq_id, 'seq_id', asBigint),
    baseModel: optional(fields.base_model, 'base_model', asText),
    modelPath: optional(fields.model_path, 'model_path', asText),
    n: optional(fields.num_samples, 'num_samples', asInteger) ?? 1,
    prompt: readModelInputJson(fields.prompt, 'prompt'),
    params: readSamplingParams(fields.sampling_params),
    promptLogprobs: optional(fields.prompt_logprobs, 'prompt_logprobs', asBoolean) ?? false,
    topkPromptLogprobs: optional(fields.topk_prompt_logprobs, 'topk_prompt_logprobs', asInteger) ?? 0,
  };
}

function asBigint(value: unknown, where: string): bigint {
  return typeof value === 'bigint' ? value : BigInt(asInteger(value, where));
}

function readSamplingParams(value: unknown): WireSamplingParams {
  const where = 'sampling_params';
  const fields = asObject(value, where);
  const seed = optional(fields.seed, `${where}.seed`, asInteger);
  const stop = optional(fields.stop, `${where}.stop`, readStop);
  return {
    max_tokens: asInteger(fields.max_tokens, `${where}.max_tokens`),
    ...(seed !== undefined && { seed }),
    ...(stop && { stop }),
    temperature: optional(fields.temperature, `${where}.temperature`, asNumber) ?? 1,
    top_k: optional(fields.top_k, `${where}.top_k`, asInteger) ?? -1,
    top_p: optional(fields.top_p, `${where}.top_p`, asNumber) ?? 1,
  };
}

/** The SDK allows one text, texts, or token ids. */
function readStop(value: unknown, where: string): readonly string[] | readonly number[] {
  if (typeof value === 'string') return [value];
  const list = asArray(value, where);
  return list.some((entry) => typeof entry === 'string')
    ? list.map((entry, i) => asText(entry, `${where}[${i}]`))
    : [...asInt32s(list, where)];
}

/** Returns a `SampleResponse` as JSON text. */
export function sampleOutputJson({ sequences, promptLogprobs }: SampleOutput): string {
  const items = sequences.map(({ tokens, logprobs, stopReason }) =>
    objectJson({
      stop_reason: JSON.stringify(stopReason),
      tokens: numbersJson(tokens),
      logprobs: logprobs === null ? 'null' : numbersJson(logprobs),
    }),
  );
  return objectJson({
    sequences: listJson(items),
    prompt_logprobs: promptLogprobs === null ? 'null' : numbersJson(promptLogprobs),
    topk_prompt_logprobs: 'null',
  });
}

/** Reads a `SampleResponse`. Throws WireFormatError. */
export function readSampleOutputJson(body: unknown): SampleOutput {
  const fields = asObject(body, 'the result');
  return {
    sequences: asArray(fields.sequences, 'sequences').map((value, i) => readSequence(value, `sequences[${i}]`)),
    promptLogprobs: optional(fields.prompt_logprobs, 'prompt_logprobs', asFloat32s) ?? null,
  };
}

function readSequence(value: unknown, where: string): WireSequence {
  const fields = asObject(value, where);
  const tokens = asInt32s(fields.tokens, `${where}.tokens`);
  const logprobs = optional(fields.logprobs, `${where}.logprobs`, asFloat32s);
  const stopReason = fields.stop_reason;
  if (stopReason !== 'stop' && stopReason !== 'length') {
    throw new WireFormatError(`${where}.stop_reason must be "stop" or "length"`);
  }
  return { tokens, logprobs: matchLogprobs(tokens, logprobs, where), stopReason };
}
