import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseJson } from './parse.ts';
import { forwardBackwardJson, optimStepJson, readForwardBackwardJson } from './training.ts';
import { sampleRequestJson } from './sampling.ts';
import { floatJson } from './write.ts';

describe('floatJson', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-3, '-3.0'],
    [0.5, '0.5'],
    [1e-12, '1e-12'],
    [1e21, '1e+21'],
    [NaN, 'null'],
  ])('writes %d as %s', (value, text) => {
    expect(floatJson(value)).toBe(text);
  });

  it('writes every finite number so that it is read back and never looks like an integer', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = floatJson(value);
        expect(JSON.parse(text)).toBe(value);
        expect(text).toMatch(/[.e]/);
      }),
    );
  });
});

describe('requests', () => {
  it('write the settings of an optimizer as fractions', () => {
    const params = { learning_rate: 0, beta1: 0, beta2: 0.5, eps: 1e-8, weight_decay: 0, grad_clip_norm: 1 };
    const text = optimStepJson('m', 3, params);
    expect(text).toContain('"beta1":0.0');
    expect(text).toContain('"grad_clip_norm":1.0');
    expect(JSON.parse(text)).toEqual({ adam_params: params, model_id: 'm', seq_id: 3, type: 'optim_step' });
  });

  it('keep the sign of zero in the settings of a loss', () => {
    const config = { low: -0, high: 0, name: '-0' };
    const request = { modelId: 'm', seqId: 1, data: [], loss: 'ppo', config, forwardOnly: false };
    expect(readForwardBackwardJson(parseJson(forwardBackwardJson(request)))).toStrictEqual(request);
  });

  it('write the fractions of sampling as fractions, and its counts as integers', () => {
    const params = { max_tokens: 8, seed: 1, stop: [2], temperature: 1, top_k: -1, top_p: 1 };
    const prompt = Int32Array.of(5);
    const text = sampleRequestJson({
      samplingSession: 's',
      n: 1,
      prompt,
      params,
      promptLogprobs: false,
      topkPromptLogprobs: 0,
    });
    expect(text).toContain('"temperature":1.0');
    expect(text).toContain('"top_k":-1,');
    expect(JSON.parse(text)).toMatchObject({ sampling_params: params });
  });
});
