/** Checks the datums of a request, all before any of them is run, and turns them into examples of the engine. */

import type { Example } from '../../../engine/engine.ts';
import type { ForwardBackward, WireDatum, WireTensor } from '../../../wire/messages.ts';
import { Refusal } from '../../shell/refusal.ts';
import { type Loss, type LossInputs, lossOf } from './losses.ts';

/** Sizes of the served model. */
export interface ModelSizes {
  vocabulary: number;
  maxContext: number;
}

/** A checked batch. */
export interface Batch {
  loss: Loss;
  examples: Example[];
  /** One per example. */
  inputs: LossInputs[];
  forwardOnly: boolean;
}

const KNOWN = new Set(['target_tokens', 'weights', 'logprobs', 'advantages', 'mask']);

/** Throws Refusal 400 that names the datum and what is wrong with it. */
export function checkBatch({ data, loss: name, config, forwardOnly }: ForwardBackward, sizes: ModelSizes): Batch {
  const loss = lossOf(name, config);
  if (data.length === 0) throw new Refusal(400, 'The batch has no datums.');
  const examples: Example[] = [];
  const inputs: LossInputs[] = [];
  data.forEach((datum, index) => {
    const where = `Datum ${index}`;
    examples.push(exampleOf(datum, sizes, where));
    inputs.push(inputsOf(datum, loss, where));
  });
  return { loss, examples, inputs, forwardOnly };
}

function exampleOf({ tokens, inputs }: WireDatum, sizes: ModelSizes, where: string): Example {
  const stray = Object.keys(inputs).find((name) => !KNOWN.has(name));
  if (stray !== undefined) {
    throw refusal(where, `has the unknown loss input ${JSON.stringify(stray.slice(0, 60))}`);
  }
  if (tokens.length === 0) throw refusal(where, 'has no tokens');
  if (tokens.length > sizes.maxContext) {
    throw refusal(where, `has ${tokens.length} tokens, but the model's context is ${sizes.maxContext}`);
  }
  const target = inputs.target_tokens;
  if (target === undefined) throw refusal(where, 'has no target_tokens');
  if (target.dtype !== 'int64') throw refusal(where, 'has target_tokens that are not int64');
  checkLength('target_tokens', target, tokens.length, where);
  checkTokens(tokens, sizes.vocabulary, `${where}: a token`);
  checkTokens(target.data, sizes.vocabulary, `${where}: a target token`);
  return { input: tokens, target: target.data, mask: maskOf(inputs.mask, tokens.length, where) };
}

/** Positions with mask 0 are not computed, and their log-probabilities are 0. Without a mask, all are computed. */
function maskOf(mask: WireTensor | undefined, length: number, where: string): Uint8Array {
  if (mask === undefined) return new Uint8Array(length).fill(1);
  checkLength('mask', mask, length, where);
  return Uint8Array.from(mask.data, (value) => {
    if (value !== 0 && value !== 1) throw refusal(where, 'has a mask with values other than 0 and 1');
    return value;
  });
}

function inputsOf({ tokens, inputs }: WireDatum, loss: Loss, where: string): LossInputs {
  const out: LossInputs = {};
  for (const name of ['weights', 'logprobs', 'advantages'] as const) {
    const tensor = inputs[name];
    if (tensor === undefined) {
      if (name !== 'weights' && loss.needs.includes(name))
        throw refusal(where, `has no ${name}, which ${loss.name} needs`);
      continue;
    }
    checkLength(name, tensor, tokens.length, where);
    const data = tensor.dtype === 'float32' ? tensor.data : Float32Array.from(tensor.data);
    if (!data.every((value) => Number.isFinite(value))) throw refusal(where, `has ${name} that are not finite`);
    out[name] = data;
  }
  return out;
}

function checkLength(name: string, { data, shape }: WireTensor, length: number, where: string): void {
  if (data.length !== length || (shape !== undefined && shape.length !== 1)) {
    throw refusal(where, `has ${length} tokens, but ${name} of the shape [${(shape ?? [data.length]).join(', ')}]`);
  }
}

/** Throws Refusal 400 if a token is outside the vocabulary. */
export function checkTokens(tokens: Int32Array, vocabulary: number, what: string): void {
  const stray = tokens.find((token) => token < 0 || token >= vocabulary);
  if (stray !== undefined) throw new Refusal(400, `${what} is ${stray}, outside the vocabulary of ${vocabulary}.`);
}

function refusal(where: string, what: string): Refusal {
  return new Refusal(400, `${where} ${what}.`);
}
