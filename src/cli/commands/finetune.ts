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
import type { ShowFlags } from '../render/choose.ts';
import type { CommonFlags } from '../options.ts';
import { adaptFlag, configOf, findSubject, folderOfSubject } from '../settings.ts';

export interface FinetuneFlags extends CommonFlags, ShowFlags {
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
  const subject = await findSubject(flags.model, flags.runsDir ?? 'runs', MEASURED, io);
  // A run's Solver keeps the settings of its run unless a scale or config is given. Settings of the evolution are reset.
  const own: ConfigInput = scale === undefined && config === undefined ? (subject.config ?? {}) : {};
  const settings = configOf(
    { config, set },
    {
      ...own,
      ...(scale === undefined ? {} : { scale: scale as ConfigInput['scale'] }),
      ...(seed === undefined ? {} : { seed }),
      runsDir: flags.runsDir ?? 'runs',
      model: folderOfSubject(subject),
      domain: flags.domain ?? subject.domain ?? undefined,
      weights: 'separate',
      labels: 'majority',
      audit: {},
      finetune: { data: sourceOf(data), question, answer, heldOut },
      ...adaptFlag(flags.lora, own),
    },
  );
  if (settings.finetune.data !== 0) return settings;
  throw new ConfigError(
    'There is no training data.',
    'Pass --data FILE (JSONL, JSON, CSV or Parquet with questions and answers), or --data 500 to generate 500 questions.',
  );
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
