/** `rzero doctor`: checks this machine for what a run needs, and says what to do about what is missing. Changes nothing. */

import { printJson, printLines, type Io } from '../io.ts';
import { pad, width } from '../render/format.ts';
import type { Palette } from '../render/palette.ts';
import { isAddress } from '../../generate/openai/address.ts';
import { checkDisk, checkMachine, checkNode } from '../checks/machine.ts';
import { checkModel } from '../checks/model.ts';
import { checkRuntime } from '../checks/runtime.ts';
import { checkSqlite } from '../checks/sqlite.ts';
import type { Check } from '../checks/check.ts';

export interface DoctorFlags {
  model?: string;
  apiKeyEnv?: string;
  json?: boolean;
}

/** Exit code 1 when something that a run needs is missing. */
export async function run(flags: DoctorFlags, io: Io): Promise<number> {
  const checks: Check[] = [];
  const steps = [
    checkNode,
    checkMachine,
    checkDisk,
    checkRuntime,
    checkSqlite,
    () => checkNamed(flags.model ?? 'models/arith-base', flags.apiKeyEnv),
  ];
  for (const step of steps) checks.push(await step());
  const ready = checks.every((check) => check.state !== 'missing');
  if (flags.json === true) printJson(io, { ready, checks });
  else printLines(io, doctorLines(checks, io.palette));
  return ready ? 0 : 1;
}

/** A folder, or the address of an endpoint. */
async function checkNamed(model: string, apiKeyEnv: string | undefined): Promise<Check> {
  if (!isAddress(model)) return checkModel(model);
  const { checkEndpoint } = await import('../checks/endpoint.ts');
  return checkEndpoint(model, apiKeyEnv);
}

/** A line per check, advice below it, and a verdict. */
export function doctorLines(checks: readonly Check[], palette: Palette): string[] {
  const columns = Math.max(...checks.map((check) => width(check.name)));
  const marks = { good: palette.green('✓'), poor: palette.yellow('!'), missing: palette.red('✗') };
  const lines = checks.flatMap((check) => [
    `${marks[check.state]} ${pad(check.name, columns)}  ${check.found}`,
    ...(check.advice === null ? [] : [`  ${' '.repeat(columns)}  ${palette.bold(check.advice)}`]),
  ]);
  const missing = checks.filter((check) => check.state === 'missing').length;
  const verdict =
    missing === 0
      ? 'Ready: start with `rzero evolve`.'
      : `${missing === 1 ? 'One thing is' : `${missing} things are`} missing; see above.`;
  return [...lines, '', verdict];
}
