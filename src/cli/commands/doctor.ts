/** `rzero doctor`: checks whether runs work on this machine and how to fix what does not. Changes nothing. */

import { printJson, printLines, textColumns, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { shellWord } from '../../text/shell.ts';
import { pad, plural, width, wrap } from '../render/format.ts';
import { isAddress } from '../../generate/openai/address.ts';
import { namedRun } from '../../generate/run-model.ts';
import { readModelConfig } from '../../models/checkpoint.ts';
import { isOnHub } from '../../models/hub/obtain-model.ts';
import { checkDisk, checkMachine, checkNode } from '../checks/machine.ts';
import { checkDevice } from '../checks/device.ts';
import { asksForRun, checkModel, folderHere, type ModelFlags } from '../checks/model.ts';
import { checkSettings } from '../checks/settings.ts';
import { checkRuntime } from '../checks/runtime.ts';
import { checkSqlite } from '../checks/sqlite.ts';
import { ConfigError } from '../../errors.ts';
import { checkRemote } from '../checks/remote.ts';
import { isRemote } from '../checks/service.ts';
import type { ServiceFlags } from '../service/flags.ts';
import { configOf } from '../settings.ts';
import type { Check } from '../checks/check.ts';

export interface DoctorFlags extends CommonFlags, ModelFlags, ServiceFlags {
  model?: string;
  probe?: boolean;
  apiKeyEnv?: string;
}

/** Exit code 1 if something that a run needs is missing. Throws ConfigError for `--probe` without a service. */
export async function run(flags: DoctorFlags, io: Io): Promise<number> {
  const config = configOf(flags);
  const remote = isRemote(config);
  if (flags.probe === true && !remote) {
    throw new ConfigError(
      '--probe tries out a service, but none is named.',
      'Name it with --url, or leave out --probe.',
    );
  }
  const checks: Check[] = [];
  // A service needs nothing of this machine's engine.
  const steps = [checkNode, checkMachine, checkDisk, ...(remote ? [] : [checkRuntime]), checkSqlite];
  for (const step of steps) checks.push(await step());
  const found = remote ? await checkRemote(flags, io) : null;
  checks.push(...(found?.checks ?? [...(await checkGpu(flags)), ...(await checkNamed(flags))]));
  const ready = checks.every((check) => check.state !== 'missing');
  const details = found === null ? {} : { services: found.services, findings: found.findings };
  if (flags.json === true) printJson(io, { ready, checks, ...details });
  else printLines(io, doctorLines(checks, startCommand(flags, io), io));
  return ready ? 0 : 1;
}

/** A folder, a run, or the address of an endpoint. */
async function checkNamed({ apiKeyEnv, ...flags }: DoctorFlags): Promise<Check[]> {
  const { model: named } = configOf(flags);
  if (isAddress(named)) {
    const { checkEndpoint } = await import('../checks/endpoint.ts');
    return [await checkEndpoint(named, apiKeyEnv)];
  }
  const model = await checkModel(named, flags);
  // The settings of an existing run were checked when it started; a model that is missing has no sizes to compare.
  if (model.some(({ state }) => state === 'missing') || (!asksForRun(flags) && isRun(named, flags.runsDir)))
    return model;
  return [...model, await checkSettings(configOf(flags), flags.runsDir)];
}

/** The GPU, for the model that is asked for if it is here; with `--device cpu`, it is not of interest. */
async function checkGpu(flags: DoctorFlags): Promise<Check[]> {
  const { engine, model } = configOf(flags);
  if (engine.kind !== 'local' || flags.device === 'cpu' || isAddress(model)) return [];
  const decoder = await folderHere(model, flags.runsDir)
    .then((folder) => (folder === null ? null : readModelConfig(folder)))
    .catch(() => null);
  return decoder === null ? [] : checkDevice(engine, decoder);
}

function isRun(named: string, runsDir = 'runs'): boolean {
  return !isOnHub(named) && namedRun(named, runsDir) !== null;
}

/** Returns the command that uses what was checked: it evolves the model, or evaluates that of an endpoint. */
export function startCommand(
  { model, domain, config = [], set = [], engine, device, tokenizer, ...flags }: DoctorFlags,
  { program }: Pick<Io, 'program'>,
): string {
  const { url } = flags;
  const given = [
    ...Object.entries({ engine, device, url, tokenizer }).flatMap(([name, value]) => {
      return value === undefined ? [] : [`--${name}`, value];
    }),
    ...(model === undefined ? [] : ['--model', model]),
    ...(domain === undefined ? [] : ['--domain', domain]),
  ];
  if (model !== undefined && isAddress(model)) {
    return [program, 'eval', ...given.map((word) => shellWord(word)), '--tasks gsm8k'].join(' ');
  }
  const settings = [...config.flatMap((file) => ['--config', file]), ...set.flatMap((one) => ['--set', one])];
  return [program, 'evolve', ...[...given, ...settings].map((word) => shellWord(word))].join(' ');
}

/** Each check with its advice below, then the result. No line is wider than `columns`, apart from long paths. */
export function doctorLines(
  checks: readonly Check[],
  start: string,
  io: Pick<Io, 'palette' | 'terminal' | 'columns'>,
): string[] {
  const { palette } = io;
  const columns = textColumns(io);
  const nameColumns = Math.max(...checks.map((check) => width(check.name)));
  const indent = ' '.repeat(nameColumns + 4);
  const marks = { good: palette.green('✓'), poor: palette.yellow('!'), missing: palette.red('✗') };
  const lines = checks.flatMap((check) => {
    const [first, ...rest] = wrap(check.found, columns, indent);
    const advice = check.advice === null ? [] : wrap(check.advice, columns, indent);
    return [
      `${marks[check.state]} ${pad(check.name, nameColumns)}  ${first.trimStart()}`,
      ...rest,
      ...advice.map((line) => palette.bold(line)),
    ];
  });
  const missing = checks.filter((check) => check.state === 'missing').length;
  const verdict =
    missing === 0 ? `Ready. Start with \`${start}\`.` : `${plural(missing, 'check')} failed. See the advice above.`;
  return [...lines, '', verdict];
}
