import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../format-error.ts';
import { parseJson } from './parse.ts';
import { readSampleOutputJson, readSampleRequestJson } from './sampling.ts';
import { forwardBackwardOutputJson, readForwardBackwardJson, readForwardBackwardOutputJson } from './training.ts';

const text = { type: 'encoded_text', tokens: [1, 2] };
const datum = { model_input: { chunks: [text] }, loss_fn_inputs: {} };

function request(data: unknown, extra: object = {}): unknown {
  return { model_id: 'm', seq_id: 1, forward_backward_input: { data, loss_fn: 'cross_entropy', ...extra } };
}

function withTensor(tensor: unknown): unknown {
  return request([{ ...datum, loss_fn_inputs: { weights: tensor } }]);
}

function withChunk(chunk: unknown): unknown {
  return request([{ ...datum, model_input: { chunks: [text, chunk] } }]);
}

const WEIGHTS = 'forward_backward_input.data[0].loss_fn_inputs.weights';
const CHUNK = 'forward_backward_input.data[0].model_input.chunks[1]';

describe('a request to train', () => {
  it.each([
    [withTensor({ data: [1], dtype: 'float64' }), `${WEIGHTS}.dtype must be float32 or int64`],
    [withTensor({ data: [1], dtype: 'float32', shape: [2] }), `${WEIGHTS} has the shape [2], but 1 values`],
    [withTensor({ data: [1], dtype: 'float32', shape: [-1, -1] }), `${WEIGHTS} has the shape [-1, -1], but 1 values`],
    [withTensor({ data: ['1'], dtype: 'float32' }), `${WEIGHTS}.data[0] must be a number or null`],
    [withTensor({ data: [true], dtype: 'int64' }), `${WEIGHTS}.data[0] must be a whole number of 32 bits`],
    [withTensor({ data: [1, 2 ** 31], dtype: 'int64' }), `${WEIGHTS}.data[1] must be a whole number of 32 bits`],
    [withTensor({ data: [0.5], dtype: 'int64' }), `${WEIGHTS}.data[0] must be a whole number of 32 bits`],
    [withTensor({ data: [null], dtype: 'int64' }), `${WEIGHTS}.data[0] must be a whole number of 32 bits`],
    [withTensor({ data: {}, dtype: 'int64' }), `${WEIGHTS}.data must be a list`],
    [
      withTensor({ data: [1], dtype: 'float32', sparse_crow_indices: [0, 1], sparse_col_indices: [0] }),
      `${WEIGHTS} is sparse; sparse tensors are not supported`,
    ],
    [
      withChunk({ type: 'image', data: '', format: 'png' }),
      `${CHUNK} is of type image; only encoded_text is supported`,
    ],
    [withChunk({ type: 'dmel', dmel: '' }), `${CHUNK} is of type dmel; only encoded_text is supported`],
    [withChunk({ ...text, tokens: [2 ** 32] }), `${CHUNK}.tokens[0] must be a whole number of 32 bits`],
    [request([datum], { loss_fn: 3 }), 'forward_backward_input.loss_fn must be a text'],
    [
      request([datum], { loss_fn_config: { a: [] } }),
      'forward_backward_input.loss_fn_config.a must be a number or a text',
    ],
    [request({}), 'forward_backward_input.data must be a list'],
    [
      { model_id: 'm', seq_id: 1.5, forward_input: { data: [], loss_fn: '' } },
      'seq_id must be a whole number below 2^53',
    ],
    [{ model_id: 'm', seq_id: 1 }, 'forward_backward_input is missing'],
    [null, 'the body must be an object'],
    [[], 'the body must be an object'],
  ])('is refused: case %#', (body, message) => {
    expect(() => readForwardBackwardJson(body)).toThrow(new WireFormatError(message));
  });

  it('joins chunks, and takes null for absent', () => {
    const body = withChunk({ tokens: [3], type: null });
    expect(readForwardBackwardJson(body).data[0].tokens).toEqual(Int32Array.of(1, 2, 3));
    expect(readForwardBackwardJson(request([], { loss_fn_config: null }))).toStrictEqual({
      modelId: 'm',
      seqId: 1,
      data: [],
      loss: 'cross_entropy',
      forwardOnly: false,
    });
  });
});

const sample = { prompt: { chunks: [text] }, sampling_params: { max_tokens: 4 } };

describe('a request to sample', () => {
  it('has the defaults of the SDK', () => {
    expect(readSampleRequestJson(sample)).toEqual({
      n: 1,
      prompt: Int32Array.of(1, 2),
      params: { max_tokens: 4, temperature: 1, top_k: -1, top_p: 1 },
      promptLogprobs: false,
      topkPromptLogprobs: 0,
    });
  });

  it('takes one stop text for a list of one', () => {
    const body = { ...sample, sampling_params: { max_tokens: 4, stop: 'end' } };
    expect(readSampleRequestJson(body).params.stop).toEqual(['end']);
  });

  it('keeps sequence numbers beyond 2^53 apart', () => {
    const body = (seq: string) => parseJson(JSON.stringify(sample).replace('{', `{"seq_id":${seq},`));
    expect(readSampleRequestJson(body('1000000000000000001')).seqId).toBe(1_000_000_000_000_000_001n);
    expect(readSampleRequestJson(body('7')).seqId).toBe(7n);
  });

  it.each([
    [{ ...sample, prompt_alt_tokens_k: 2 }, 'prompt_alt_tokens_k is not supported'],
    [{ ...sample, target_prompt_logprobs: { data: [] } }, 'target_prompt_logprobs is not supported'],
    [{ ...sample, topk_sample_logprobs: 1 }, 'topk_sample_logprobs is not supported'],
    [{ ...sample, prompt_logprobs_last_n: 1 }, 'prompt_logprobs_last_n is not supported'],
    [{ ...sample, record_stability_info: true }, 'record_stability_info is not supported'],
    [{ ...sample, sampling_params: {} }, 'sampling_params.max_tokens is missing'],
    [{ ...sample, sampling_params: { max_tokens: 1, stop: [1, 'a'] } }, 'sampling_params.stop[0] must be a text'],
    [
      { ...sample, sampling_params: { max_tokens: 1, stop: [1.5] } },
      'sampling_params.stop[0] must be a whole number of 32 bits',
    ],
    [
      { ...sample, sampling_params: { max_tokens: 1, temperature: '1' } },
      'sampling_params.temperature must be a number',
    ],
    [
      { ...sample, sampling_params: { max_tokens: 1, seed: 2n ** 63n } },
      'sampling_params.seed must be a whole number below 2^53',
    ],
    [{ ...sample, prompt_logprobs: 1 }, 'prompt_logprobs must be true or false'],
    [{ ...sample, num_samples: '2' }, 'num_samples must be a whole number below 2^53'],
    [{ ...sample, prompt: null }, 'prompt must be an object'],
  ])('is refused: case %#', (body, message) => {
    expect(() => readSampleRequestJson(body)).toThrow(new WireFormatError(message));
  });

  it('takes the options of later SDKs at their defaults', () => {
    const body = { ...sample, prompt_alt_tokens_k: 0, target_prompt_logprobs: null, record_stability_info: false };
    expect(readSampleRequestJson(body).n).toBe(1);
  });
});

describe('a result', () => {
  it('may lack log-probabilities', () => {
    const body = { sequences: [{ tokens: [1], logprobs: null, stop_reason: 'stop' }] };
    expect(readSampleOutputJson(body)).toEqual({
      sequences: [{ tokens: Int32Array.of(1), logprobs: null, stopReason: 'stop' }],
      promptLogprobs: null,
    });
  });

  it('has NaN for null, and prompt log-probabilities as sent', () => {
    const body = { sequences: [], prompt_logprobs: [null, -2] };
    expect(readSampleOutputJson(body).promptLogprobs).toEqual(Float32Array.of(Number.NaN, -2));
  });

  it.each([
    [
      { sequences: [{ tokens: [1, 2], logprobs: [-1], stop_reason: 'stop' }] },
      'sequences[0] has 2 tokens, but 1 log-probabilities',
    ],
    [{ sequences: [{ tokens: [1], stop_reason: 'abort' }] }, 'sequences[0].stop_reason must be "stop" or "length"'],
    [
      { sequences: [{ tokens: [2 ** 40], stop_reason: 'stop' }] },
      'sequences[0].tokens[0] must be a whole number of 32 bits',
    ],
    [{ type: 'try_again' }, 'sequences is missing'],
  ])('of sampling is refused: case %#', (body, message) => {
    expect(() => readSampleOutputJson(body)).toThrow(new WireFormatError(message));
  });

  it.each([
    [
      { loss_fn_output_type: '', loss_fn_outputs: [{ loss: { data: [1], dtype: 'float32' } }] },
      'loss_fn_outputs[0].logprobs is missing',
    ],
    [
      { loss_fn_output_type: '', loss_fn_outputs: [{ logprobs: { data: [1], dtype: 'int64' } }] },
      'loss_fn_outputs[0].logprobs must be of the dtype float32',
    ],
    [{ loss_fn_output_type: '', loss_fn_outputs: [], metrics: { a: 'x' } }, 'metrics.a must be a number'],
  ])('of training is refused: case %#', (body, message) => {
    expect(() => readForwardBackwardOutputJson(body)).toThrow(new WireFormatError(message));
  });

  it('writes null for what JSON does not have, and the sign of zero', () => {
    const logprobs = [Float32Array.of(Number.NaN, -0, Number.NEGATIVE_INFINITY, -1.5)];
    expect(
      forwardBackwardOutputJson({ outputType: 'a', logprobs, metrics: { 'x:max': Number.NaN, 'y:sum': -0 } }),
    ).toBe(
      '{"loss_fn_output_type":"a","loss_fn_outputs":[{"logprobs":{"data":[null,-0.0,null,-1.5],"dtype":"float32","shape":[4]}}],"metrics":{"x:max":null,"y:sum":-0.0}}',
    );
  });
});
