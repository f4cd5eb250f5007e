/** `rzero export`: a model as a plain Hugging Face folder, in the number format asked for. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../../errors.ts';
import { loadCheckpoint, saveCheckpoint } from '../../models/checkpoint.ts';
import type { FloatDtype } from '../../models/half.ts';
import { parameterCount } from '../forecast.ts';
import { printJson, printLines, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { clean, compact } from '../render/format.ts';
import { findSubject } from '../settings.ts';

export interface ExportFlags extends CommonFlags {
  model?: string;
  out: string;
  dtype: FloatDtype;
}

/** ConfigError when something lies at the target: nothing is replaced. */
export async function run(flags: ExportFlags, io: Io): Promise<number> {
  const folder = resolve(flags.out);
  if (existsSync(folder)) {
    throw new ConfigError(`${folder} exists.`, 'Name a folder that does not exist yet: nothing is replaced.');
  }
  const subject = await findSubject(flags.model, flags.runsDir ?? 'runs', 'solver', io);
  const checkpoint = await loadCheckpoint(subject.folder);
  await saveCheckpoint(folder, { ...checkpoint, sourceFolder: subject.folder, dtype: flags.dtype });
  const parameters = parameterCount(checkpoint.config);
  if (flags.json === true) printJson(io, { model: subject.name, folder, dtype: flags.dtype, parameters });
  else printLines(io, [`${clean(subject.name)}: ${compact(parameters)} parameters in ${flags.dtype}, in ${folder}`]);
  return 0;
}
