/** Fields of the wire's JSON bodies. Each reader throws WireFormatError, which names the field. */

import { WireFormatError } from '../../../wire/format-error.ts';
import {
  asBoolean,
  asInteger,
  asNumber,
  asObject,
  asText,
  type JsonObject,
  optional,
} from '../../../wire/json/fields.ts';
import type { AdamParams, LoraConfig } from '../../../wire/messages.ts';

const METADATA_BYTES = 16 * 1024;

export function text(fields: JsonObject, name: string): string {
  return asText(fields[name], name);
}

export function optionalText(fields: JsonObject, name: string): string | undefined {
  return optional(fields[name], name, asText);
}

export function integer(fields: JsonObject, name: string): number {
  return asInteger(fields[name], name);
}

export function optionalInteger(fields: JsonObject, name: string): number | undefined {
  return optional(fields[name], name, asInteger);
}

export function boolean(fields: JsonObject, name: string): boolean {
  return optional(fields[name], name, asBoolean) ?? false;
}

/** A whole number from 0, as sessions count with. */
export function count(fields: JsonObject, name: string): number {
  const value = integer(fields, name);
  if (value < 0 || value > 0x7fffffff) throw new WireFormatError(`${name} must be a whole number from 0`);
  return value;
}

/** Data that a client attaches; null if it attaches none. */
export function metadata(fields: JsonObject): Record<string, unknown> | null {
  const value = optional(fields.user_metadata, 'user_metadata', asObject);
  if (value === undefined) return null;
  if (JSON.stringify(value).length > METADATA_BYTES) {
    throw new WireFormatError(`user_metadata must have at most ${METADATA_BYTES} characters`);
  }
  return { ...value };
}

export function ttlSeconds(fields: JsonObject): number | null {
  const value = optionalInteger(fields, 'ttl_seconds');
  if (value !== undefined && (value < 1 || value > 1e9)) {
    throw new WireFormatError('ttl_seconds must be a whole number from 1');
  }
  return value ?? null;
}

export function lora(value: unknown): LoraConfig {
  const where = 'lora_config';
  const fields = asObject(value, where);
  const flag = (name: string): boolean | undefined => optional(fields[name], `${where}.${name}`, asBoolean);
  return {
    rank: asInteger(fields.rank, `${where}.rank`),
    seed: optional(fields.seed, `${where}.seed`, asInteger),
    train_unembed: flag('train_unembed'),
    train_mlp: flag('train_mlp'),
    train_attn: flag('train_attn'),
    lora_alpha: optional(fields.lora_alpha, `${where}.lora_alpha`, asNumber),
    lora_dropout: optional(fields.lora_dropout, `${where}.lora_dropout`, asNumber),
  };
}

/** AdamW's settings; absent ones have the defaults of the SDK. */
export function adam(fields: JsonObject): AdamParams {
  if (fields.optimizer_params !== undefined && fields.optimizer_params !== null) {
    throw new WireFormatError('optimizer_params is not supported; this server has AdamW only (adam_params)');
  }
  const params = asObject(fields.adam_params, 'adam_params');
  const number = (name: keyof AdamParams, absent: number): number =>
    optional(params[name], `adam_params.${name}`, asNumber) ?? absent;
  return {
    learning_rate: number('learning_rate', 1e-4),
    beta1: number('beta1', 0.9),
    beta2: number('beta2', 0.95),
    eps: number('eps', 1e-12),
    weight_decay: number('weight_decay', 0),
    grad_clip_norm: number('grad_clip_norm', 0),
  };
}

/** Throws WireFormatError unless the optimizer of a new model is AdamW. */
export function requireAdam(fields: JsonObject): void {
  const config = optional(fields.optimizer_config, 'optimizer_config', asObject);
  if (config !== undefined && config.type !== 'adamw') {
    throw new WireFormatError('optimizer_config must be of the type adamw; this server has no other optimizer');
  }
}
