/**
 * `rzero finetune`: trains a Solver on labelled data, starting from the base, a folder or a run's Solver. The result is
 * a normal run.
 */

import type { ConfigInput } from '../../config/schema.ts';
import { openDomain } from '../../domains/open-domain.ts';
import { ConfigError } from '../../errors.ts';
import { readKnownAnswers } from '../../loop/run/known-answers.ts';
import { checkAbilities } from '../../loop/run/abilities.ts';
import { writeWhole } from '../../files/atomic-file.ts';
import { checkFileTarget } from '../../models/target-folder.ts';
import { MEASURED } from '../../roles.ts';
import type { Io } from '../io.ts';
import type { WatchFlags } from '../watch.ts';
import type { CommonFlags } from '../options.ts';
import { namesService, type ServiceFlags } from '../service/flags.ts';
import { adaptFlag, configOf, findSubject, folderOfSubject } from '../settings.ts';

export interface FinetuneFlags extends CommonFlags, WatchFlags, ServiceFlags {
  data?: string;
  question?: string;
  answer?: string;
  heldOut?: number;
  write?: string;
  model?: string;
  domain?: string;
  scale?: string;
  seed?: number;
  config?: string[];
  set?: string[];
  lora?: boolean;
  overwrite?: boolean;
}

/** Exit codes as for `evolve`. */
export async function run(flags: FinetuneFlags, io: Io): Promise<number> {
  if (flags.write !== undefined) checkFileTarget(flags.write, flags.overwrite === true);
  const config = await resolved(flags, io);
  if (flags.write !== undefined) return write(flags.write, config, io);
  const [{ evolve }, { watch }] = await Promise.all([import('../../loop/evolve.ts'), import('../watch.ts')]);
  return watch(() => evolve({ config }), io, flags);
}

async function resolved(flags: FinetuneFlags, io: Io): Promise<ReturnType<typeof configOf>> {
  const { data, question, answer, heldOut, seed, scale, config, set } = flags;
  const start = isOnService(flags) ? { own: {}, domain: undefined } : await startFrom(flags, io);
  const settings = configOf(
    { config, set, ...('model' in start ? { engine: flags.engine, device: flags.device } : flags) },
    {
      ...start.own,
      ...(scale === undefined ? {} : { scale: scale as ConfigInput['scale'] }),
      ...(seed === undefined ? {} : { seed }),
      runsDir: flags.runsDir ?? 'runs',
      ...('model' in start ? { model: start.model } : {}),
      domain: flags.domain ?? start.domain,
      weights: 'separate',
      labels: 'majority',
      audit: {},
      finetune: { data: sourceOf(data), question, answer, heldOut },
      ...adaptFlag(flags.lora, start.own),
    },
  );
  if (settings.finetune.data !== 0) return settings;
  throw new ConfigError(
    'There is no training data.',
    'Pass --data FILE (JSONL, JSON, CSV or Parquet with questions and answers), or --data 500 to generate 500 questions.',
  );
}

/** Whether the options or the config choose a service, which trains its own model. */
function isOnService({ config, set, ...flags }: FinetuneFlags): boolean {
  return namesService(flags) || configOf({ config, set }).engine.kind === 'tinker';
}

/** The folder of the model to start from, with its domain and the settings of its run. */
async function startFrom(
  flags: FinetuneFlags,
  io: Io,
): Promise<{ model: string; own: ConfigInput; domain: string | undefined }> {
  const subject = await findSubject(flags, MEASURED, io);
  if (subject.config?.engine.kind === 'tinker' && flags.engine === undefined) {
    throw new ConfigError(
      `${subject.name} was trained on a service, on which a new run starts from a base model.`,
      'Train it on this machine with --engine local, or name a base model of the service with --url and --model.',
    );
  }
  // A run's Solver keeps the settings of its run unless a scale or config is given. Settings of the evolution are reset.
  const own: ConfigInput = flags.scale === undefined && flags.config === undefined ? (subject.config ?? {}) : {};
  return { model: folderOfSubject(subject), own, domain: subject.domain ?? undefined };
}

/** A file, or the number of questions to generate. */
function sourceOf(data: string | undefined): string | number | undefined {
  return data !== undefined && /^\d+$/.test(data) ? Number(data) : data;
}

/** Writes the data as JSONL without training. */
async function write(path: string, config: ReturnType<typeof configOf>, io: Io): Promise<number> {
  const { domain } = await openDomain(config.domain);
  checkAbilities(config, domain);
  const { question, answer, data } = config.finetune;
  const rows = await readKnownAnswers(data, { domain, seed: config.seed, columns: { question, answer } });
  writeWhole(path, rows.map((row) => `${JSON.stringify({ question: row.text, answer: row.answer })}\n`).join(''));
  io.out(`Wrote ${rows.length} questions with answers to ${path}.\n`);
  return 0;
}
