/**
 * `rzero export`: writes a model of a run, or the records of the run, in the formats that the options name. Without an
 * option, a Hugging Face folder of the newest run's best model.
 */

import { checkTarget, fileNameOf, FORMATS, type Target, targetsOf } from '../../export/formats.ts';
import { MEASURED } from '../../roles.ts';
import { resolveRun } from '../../store/runs.ts';
import { printJson, printLines, type Io } from '../io.ts';
import { type ExportFlags, formatsOf, nameOf } from '../export/flags.ts';
import { type ModelSource, writeAdapterFolder, writeGgufFile, writeModel, type Written } from '../export/models.ts';
import { runDirOf, writeRecords } from '../export/records.ts';
import { upload, uploadOf } from '../export/upload.ts';
import { withFolder } from '../service/folder.ts';
import { findSubject } from '../settings.ts';

export type { ExportFlags } from '../export/flags.ts';

/**
 * Exports the run or model that `argument` or `--model` names. Weights that only a service has are downloaded.
 * @throws ConfigError if a target is not free, before anything is written
 */
export async function run(flags: ExportFlags, io: Io, argument?: string): Promise<number> {
  const formats = formatsOf(flags);
  const name = nameOf(flags, argument) ?? resolveRun(flags.runsDir ?? 'runs');
  const targets = targetsOf(formats, fileNameOf(name), flags.out);
  for (const target of targets) checkTarget(target, flags.overwrite === true);
  const uploading = await uploadOf(flags, formats);
  const records = targets.filter(({ format }) => FORMATS[format].of === 'run');
  // Before the model, which may take long.
  const dir = records.length === 0 ? null : runDirOf(name, flags.runsDir ?? 'runs');
  const written = await writeModels(
    name,
    targets.filter(({ format }) => FORMATS[format].of === 'model'),
    flags,
    io,
  );
  if (dir !== null) for (const target of records) written.push(await writeRecords(dir, target));
  if (uploading !== null) written.push(await upload(targets[0], uploading));
  if (flags.json === true) printJson(io, written.length === 1 ? written[0].json : written.map(({ json }) => json));
  else
    printLines(
      io,
      written.map(({ line }) => line),
    );
  return 0;
}

async function writeModels(name: string, targets: readonly Target[], flags: ExportFlags, io: Io): Promise<Written[]> {
  if (targets.length === 0) return [];
  const subject = await findSubject({ ...flags, model: name }, MEASURED, io);
  const iteration = /@(\d+)$/.exec(name)?.[1];
  return withFolder(subject, flags, io, async (folder) => {
    const source: ModelSource = { subject, folder, iteration: iteration === undefined ? null : Number(iteration) };
    const written: Written[] = [];
    for (const target of targets) written.push(await writeOne(source, target, flags, io));
    return written;
  });
}

async function writeOne(source: ModelSource, target: Target, flags: ExportFlags, io: Io): Promise<Written> {
  if (target.format === 'gguf') return writeGgufFile(source, target, flags, io);
  return target.format === 'adapter'
    ? writeAdapterFolder(source, target, flags)
    : writeModel(source, target, flags, io);
}
