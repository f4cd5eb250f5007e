/** The options of `rzero export`, and what they ask for. */

import { ConfigError } from '../../errors.ts';
import { type Format, FORMATS } from '../../export/formats.ts';
import type { GgufDtype } from '../../export/gguf/encodings.ts';
import type { FloatDtype } from '../../models/weights/half.ts';
import type { CommonFlags } from '../options.ts';
import type { ServiceFlags } from '../service/flags.ts';

export interface ExportFlags extends CommonFlags, Pick<ServiceFlags, 'url'>, Partial<Record<Format, boolean>> {
  model?: string;
  out?: string;
  dtype: GgufDtype;
  overwrite?: boolean;
  /** Repository on the hub, `owner/name`. */
  push?: string;
  public?: boolean;
}

/** Returns the formats that the options name, in the order of `FORMATS`; a Hugging Face folder without any. */
export function formatsOf(flags: ExportFlags): Format[] {
  const named = Object.keys(FORMATS).filter((format): format is Format => flags[format as Format] === true);
  return named.length === 0 ? ['hf'] : named;
}

/**
 * Returns the name of the run or model; null without one.
 * @throws ConfigError for two names
 */
export function nameOf(flags: ExportFlags, argument: string | undefined): string | null {
  if (argument === undefined || flags.model === undefined) return argument ?? flags.model ?? null;
  throw new ConfigError(
    `Two models are named: ${argument}, and ${flags.model} with --model.`,
    'Name the run or the model once.',
  );
}

/**
 * Returns the number format of a Hugging Face folder.
 * @throws ConfigError for a format that only GGUF files have
 */
export function floatDtype({ dtype }: ExportFlags): FloatDtype {
  if (dtype !== 'q8_0') return dtype;
  throw new ConfigError(
    'The format q8_0 exists only in GGUF files.',
    'Add --gguf, or pass another format with --dtype.',
  );
}
