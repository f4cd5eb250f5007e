/** `rzero export --push`: uploads what was exported to the Hugging Face hub. */

import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ConfigError } from '../../errors.ts';
import type { Format, Target } from '../../export/formats.ts';
import { accessOf, push, type PushOptions } from '../../export/push/push.ts';
import { ADAPTER_CONFIG, readAdapterSettings } from '../../models/adapters/adapter-folder.ts';
import { DOMAIN_RECORD } from '../../models/domain-record.ts';
import { isHubId } from '../../models/hub/hub.ts';
import { plural } from '../render/format.ts';
import type { ExportFlags } from './flags.ts';
import type { Written } from './models.ts';

const TYPES: Partial<Record<Format, PushOptions['type']>> = {
  hf: 'model',
  adapter: 'model',
  gguf: 'model',
  data: 'dataset',
};

/**
 * Returns what an upload needs to know; null without `--push`.
 * @throws ConfigError, before anything is written, if nothing can be uploaded
 */
export async function uploadOf(flags: ExportFlags, formats: readonly Format[]): Promise<PushOptions | null> {
  if (flags.push === undefined) {
    if (flags.public !== true) return null;
    throw new ConfigError(
      '--public is about an upload, and none is asked for.',
      'Add --push OWNER/NAME, or leave out --public.',
    );
  }
  const [format] = formats;
  const type = formats.length === 1 ? TYPES[format] : undefined;
  if (type === undefined) {
    throw new ConfigError(
      `One model or one dataset is uploaded at a time, not ${formats.join(' and ')}.`,
      'Pass --push with one of --hf, --adapter, --gguf and --data.',
    );
  }
  const options: PushOptions = { repo: flags.push, type, isPublic: flags.public === true };
  await accessOf(options);
  return options;
}

/** Uploads an export. Throws ConfigError for an adapter that others could not use; otherwise as `push`. */
export async function upload({ path }: Target, options: PushOptions): Promise<Written> {
  await checkBase(path);
  const pushed = await push(path, { ...options, except: privateFiles(path) });
  const { address, commit, files } = pushed;
  return { line: `${plural(files, 'file')} uploaded to ${address}`, json: { address, commit, files } };
}

async function checkBase(path: string): Promise<void> {
  const adapter = existsSync(join(path, ADAPTER_CONFIG)) ? await readAdapterSettings(path) : null;
  if (adapter === null || (isHubId(adapter.base) && !isAbsolute(adapter.base))) return;
  throw new ConfigError(
    'The base of this adapter is a folder on this machine, so others cannot use it.',
    'Upload the merged model instead: leave out --adapter.',
  );
}

/** The record of a domain may name a file of this machine. */
function privateFiles(path: string): string[] {
  const record = join(path, DOMAIN_RECORD);
  return existsSync(record) && /"domain": "[^"]*[\\/]/.test(readFileSync(record, 'utf8')) ? [DOMAIN_RECORD] : [];
}
