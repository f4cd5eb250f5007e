/** Forward and backward passes in JSON, both ways. Reading takes parsed JSON (`parseJson`), writing returns text. */

import { WireFormatError } from '../format-error.ts';
import type { AdamParams, ForwardBackward, ForwardBackwardOutput } from '../messages.ts';
import { asArray, asInteger, asObject, asText, optional } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { dataJson, readDatumJson, readTensorJson } from './tensors.ts';
import { floatJson, listJson, numberJson, numbersJson, objectJson } from './write.ts';

/** Returns the body of `forward_backward`, or of `forward` if `forwardOnly`. */
export function forwardBackwardJson({ modelId, seqId, data, loss, config, forwardOnly }: ForwardBackward): string {
  const input = objectJson({
    data: dataJson(data),
    loss_fn: JSON.stringify(loss),
    loss_fn_config: config && configJson(config),
  });
  return objectJson({
    model_id: JSON.stringify(modelId),
    seq_id: String(seqId),
    [forwardOnly ? 'forward_input' : 'forward_backward_input']: input,
  });
}

function configJson(config: Readonly<Record<string, number | string>>): string {
  const texts = Object.entries(config).map(([name, value]) => [
    name,
    typeof value === 'number' ? numberJson(value) : JSON.stringify(value),
  ]);
  return objectJson(Object.fromEntries(texts));
}

/** Reads the body of `forward_backward` or `forward`. Throws WireFormatError. */
export function readForwardBackwardJson(body: unknown): ForwardBackward {
  const fields = asObject(body, 'the body');
  const forwardOnly = fields.forward_input !== undefined;
  const where = forwardOnly ? 'forward_input' : 'forward_backward_input';
  const input = asObject(fields[where], where);
  const config = optional(input.loss_fn_config, `${where}.loss_fn_config`, readConfig);
  return {
    modelId: asText(fields.model_id, 'model_id'),
    seqId: optional(fields.seq_id, 'seq_id', asInteger) ?? 0,
    data: asArray(input.data, `${where}.data`).map((datum, i) => readDatumJson(datum, `${where}.data[${i}]`)),
    loss: asText(input.loss_fn, `${where}.loss_fn`),
    ...(config && { config }),
    forwardOnly,
  };
}

function readConfig(value: unknown, where: string): Record<string, number | string> {
  const entries = Object.entries(asObject(value, where)).map(([name, entry]): [string, number | string] => {
    if (typeof entry === 'string') return [name, entry];
    if (typeof entry === 'number' || typeof entry === 'bigint') return [name, Number(entry)];
    throw new WireFormatError(`${where}.${name} must be a number or a text`);
  });
  return Object.fromEntries(entries);
}

/** Returns the body of `optim_step`. */
export function optimStepJson(modelId: string, seqId: number, params: AdamParams): string {
  const floats = Object.entries(params).map(([name, value]) => [name, floatJson(value)]);
  return objectJson({
    adam_params: objectJson(Object.fromEntries(floats)),
    model_id: JSON.stringify(modelId),
    seq_id: String(seqId),
    type: '"optim_step"',
  });
}

/** Returns a `ForwardBackwardOutput` as JSON text. */
export function forwardBackwardOutputJson({ outputType, logprobs, metrics }: ForwardBackwardOutput): string {
  const outputs = logprobs.map(
    (values) => `{"logprobs":{"data":${numbersJson(values)},"dtype":"float32","shape":[${values.length}]}}`,
  );
  const numbers = Object.entries(metrics).map(([name, value]) => [name, numberJson(value)]);
  return objectJson({
    loss_fn_output_type: JSON.stringify(outputType),
    loss_fn_outputs: listJson(outputs),
    metrics: objectJson(Object.fromEntries(numbers)),
  });
}

/** Reads a `ForwardBackwardOutput`; other outputs than log-probabilities are dropped. Throws WireFormatError. */
export function readForwardBackwardOutputJson(body: unknown): ForwardBackwardOutput {
  const fields = asObject(body, 'the result');
  const outputs = asArray(fields.loss_fn_outputs, 'loss_fn_outputs');
  return {
    outputType: asText(fields.loss_fn_output_type, 'loss_fn_output_type'),
    logprobs: outputs.map((output, i) => readLogprobs(asObject(output, `loss_fn_outputs[${i}]`), i)),
    metrics: optional(fields.metrics, 'metrics', readMetrics) ?? {},
  };
}

function readLogprobs(output: JsonObject, i: number): Float32Array {
  const where = `loss_fn_outputs[${i}].logprobs`;
  if (output.logprobs === undefined) throw new WireFormatError(`${where} is missing`);
  const tensor = readTensorJson(output.logprobs, where);
  if (tensor.dtype !== 'float32') throw new WireFormatError(`${where} must be of the dtype float32`);
  return tensor.data;
}

/** Reads metrics by name; null, which stands for a number that is not finite, becomes NaN. Throws WireFormatError. */
export function readMetrics(value: unknown, where: string): Record<string, number> {
  const metrics = Object.entries(asObject(value, where)).map(([name, metric]): [string, number] => {
    if (typeof metric === 'number' || typeof metric === 'bigint') return [name, Number(metric)];
    if (metric !== null) throw new WireFormatError(`${where}.${name} must be a number`);
    return [name, Number.NaN];
  });
  return Object.fromEntries(metrics);
}
