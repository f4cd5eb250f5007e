/**
 * `rzero export`: writes a model as a Hugging Face folder, or its adapter in PEFT's layout, in the given number format.
 */

import { resolve } from 'node:path';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import { loadCheckpoint, saveAdapter, saveCheckpoint } from '../../models/checkpoint.ts';
import { writeDomainRecord } from '../../models/domain-record.ts';
import { checkModelTarget } from '../../models/target-folder.ts';
import { parameterCount } from '../../models/decoder-config.ts';
import type { FloatDtype } from '../../models/weights/half.ts';
import { MEASURED } from '../../roles.ts';
import { printJson, printLines, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { clean, compact } from '../render/format.ts';
import type { ServiceFlags } from '../service/flags.ts';
import { withBase, withFolder } from '../service/folder.ts';
import { findSubject, type Subject } from '../settings.ts';

export interface ExportFlags extends CommonFlags, Pick<ServiceFlags, 'url'> {
  model?: string;
  out: string;
  dtype: FloatDtype;
  adapter?: boolean;
  overwrite?: boolean;
}

/**
 * Merges an adapter into its base unless `--adapter` is set. Weights that only a service has are downloaded. Throws ConfigError
 * if the target is not free.
 */
export async function run(flags: ExportFlags, io: Io): Promise<number> {
  const folder = resolve(flags.out);
  checkModelTarget(folder, flags.overwrite === true);
  const subject = await findSubject(flags, MEASURED, io);
  return withFolder(subject, flags, io, (source) =>
    flags.adapter === true
      ? exportAdapter(subject, { source, folder }, flags, io)
      : exportMerged(subject, { source, folder }, flags, io),
  );
}

/** The folder that is read, and the one that is written. */
interface Places {
  source: string;
  folder: string;
}

async function exportMerged(subject: Subject, { source, folder }: Places, flags: ExportFlags, io: Io): Promise<number> {
  const whole = await withBase(source, subject.name, io);
  const checkpoint = await loadCheckpoint(whole);
  await saveCheckpoint(folder, { ...checkpoint, sourceFolder: whole, dtype: flags.dtype });
  if (subject.domain !== null) writeDomainRecord(folder, subject.domain);
  const parameters = parameterCount(checkpoint.config);
  if (flags.json === true) printJson(io, { model: subject.name, folder, dtype: flags.dtype, parameters });
  else printLines(io, [`${clean(subject.name)}: ${compact(parameters)} parameters in ${flags.dtype}, in ${folder}`]);
  return 0;
}

async function exportAdapter(
  subject: Subject,
  { source, folder }: Places,
  { dtype, json }: ExportFlags,
  io: Io,
): Promise<number> {
  const { shape, weights } = await saveAdapter(folder, source, dtype);
  if (subject.domain !== null) writeDomainRecord(folder, subject.domain);
  const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  if (json === true) printJson(io, { model: subject.name, folder, dtype, parameters, adapter: shape });
  else {
    const what = `LoRA adapter, ${describeAdapter(shape)}, ${compact(parameters)} parameters in ${dtype}`;
    printLines(io, [`${clean(subject.name)}: ${what}, in ${folder}`]);
  }
  return 0;
}
