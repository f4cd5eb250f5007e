/** Exports of one model: Hugging Face folder, PEFT adapter and GGUF file. */

import { basename } from 'node:path';
import { exportAdapter, exportModel, type ModelTexts } from '../../export/model/model-folder.ts';
import { baseFacts } from '../../export/model/base-facts.ts';
import { benchmarkReports, runFacts } from '../../export/model/run-facts.ts';
import { shortened } from '../../export/model/public-config.ts';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import { openRun } from '../../store/sqlite.ts';
import { RZERO_VERSION } from '../../store/version.ts';
import type { Io } from '../io.ts';
import { clean, compact } from '../render/format.ts';
import { withBase } from '../service/folder.ts';
import type { Subject } from '../settings.ts';
import type { Target } from '../../export/formats.ts';
import { exportGguf } from '../../export/gguf/model-gguf.ts';
import { type ExportFlags, floatDtype } from './flags.ts';

/** What a command says of one export: a line for people, and values for programs. */
export interface Written {
  line: string;
  json: Record<string, unknown>;
}

/** A model to export, and the folder that has it. */
export interface ModelSource {
  subject: Subject;
  /** Iteration that the user named; null without `@N`. */
  iteration: number | null;
  folder: string;
}

/** Writes the Hugging Face folder. An adapter is merged into its base, which is downloaded if it is not here. */
export async function writeModel(source: ModelSource, { path }: Target, flags: ExportFlags, io: Io): Promise<Written> {
  const { subject, folder } = source;
  const dtype = floatDtype(flags);
  const whole = await withBase(folder, subject.name, io);
  const parameters = await exportModel(whole, { folder: path, dtype }, await textsOf(source));
  return {
    line: `${clean(subject.name)}: ${compact(parameters)} parameters in ${dtype}, in ${path}`,
    json: { model: subject.name, folder: path, dtype, parameters },
  };
}

/** Writes the PEFT folder. */
export async function writeAdapterFolder(source: ModelSource, { path }: Target, flags: ExportFlags): Promise<Written> {
  const { subject, folder } = source;
  const dtype = floatDtype(flags);
  const { adapter, parameters } = await exportAdapter(folder, { folder: path, dtype }, await textsOf(source));
  const what = `LoRA adapter, ${describeAdapter(adapter.shape)}, ${compact(parameters)} parameters in ${dtype}`;
  return {
    line: `${clean(subject.name)}: ${what}, in ${path}`,
    json: { model: subject.name, folder: path, dtype, parameters, adapter: adapter.shape },
  };
}

/** Writes the GGUF file. An adapter is merged into its base. */
export async function writeGgufFile(
  source: ModelSource,
  { path }: Target,
  { dtype }: ExportFlags,
  io: Io,
): Promise<Written> {
  const { subject, folder } = source;
  const whole = await withBase(folder, subject.name, io);
  const { facts } = await textsOf(source);
  const license = facts.base?.license ?? null;
  const { parameters, tokens } = await exportGguf(whole, { path, dtype, name: facts.title, license });
  const note =
    tokens === 'words'
      ? ['  llama.cpp splits a word right after a punctuation mark into letters; rzero does not.']
      : [];
  return {
    line: [`${clean(subject.name)}: ${compact(parameters)} parameters in ${dtype}, in ${path}`, ...note].join('\n'),
    json: { model: subject.name, file: path, dtype, parameters },
  };
}

/** Reads what the card says. */
export async function textsOf({ subject, iteration }: Pick<ModelSource, 'subject' | 'iteration'>): Promise<ModelTexts> {
  const { name, runDir, config, domain } = subject;
  const plain = {
    title: basename(name),
    name: shortened(name),
    base: null,
    run: null,
    reports: [],
    exporter: RZERO_VERSION,
  };
  if (runDir === null) return { facts: { ...plain, iteration: null }, config: null, domain };
  const store = openRun(runDir, { readOnly: true });
  try {
    const best = store.summary()?.best ?? null;
    const exported = iteration ?? best;
    const isBest = iteration === null && best !== null;
    const { id } = store.meta();
    return {
      facts: {
        ...plain,
        title: iteration === null ? id : `${id}, iteration ${iteration}`,
        name: iteration === null ? id : `${id}@${iteration}`,
        iteration: exported,
        base: await baseFacts(store),
        run: runFacts(store, isBest),
        reports: exported === null ? [] : benchmarkReports(runDir, exported, isBest),
      },
      config,
      domain,
    };
  } finally {
    store.close();
  }
}
