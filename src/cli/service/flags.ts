/** The options that choose an engine: `--engine`, `--device`, and the address, model and tokenizer of a Tinker service. */

import type { ConfigInput, RunConfig } from '../../config/schema.ts';
import { settledService } from '../../engine/tinker/address.ts';
import { ConfigError } from '../../errors.ts';

/** Options of the commands that may use a service. */
export interface ServiceFlags {
  /** `local`, `tinker`, or the file of a module. */
  engine?: string;
  /** `auto`, `cpu` or `webgpu`; only the local engine has it. */
  device?: string;
  url?: string;
  challengerUrl?: string;
  solverUrl?: string;
  referenceUrl?: string;
  /** Folder or hub name of the tokenizer and chat template. */
  tokenizer?: string;
}

/** `--device` as a setting, in front of those of `--set`. */
export function withDevice(device: string | undefined, set: readonly string[] = []): string[] {
  return device === undefined ? [...set] : [`engine.device=${JSON.stringify(device)}`, ...set];
}

/** Addresses among the options; those that are absent are left out. */
export function addressFlags({ url, challengerUrl, solverUrl, referenceUrl }: ServiceFlags): Record<string, string> {
  const given = Object.entries({ url, challengerUrl, solverUrl, referenceUrl });
  return Object.fromEntries(given.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

/** Whether the options name a service, with `--engine tinker` or by its address or tokenizer. */
export function namesService(flags: ServiceFlags): boolean {
  return flags.engine === 'tinker' || optionsOf(flags).length > 0;
}

/**
 * The part of the config that the options set. On a service, `--model` is the name there, and the tokenizer comes from
 * `--tokenizer`, otherwise from the model of that name in a folder or on the hub.
 * @throws ConfigError if an address or a tokenizer is given for another engine
 */
export function engineFlags(flags: ServiceFlags & { model?: string }): ConfigInput {
  const { engine, model, tokenizer } = flags;
  if (namesService(flags)) {
    requireService(flags);
    // Without a tokenizer, the name on the service follows from the model (`settledService`), over that of a file.
    const name = model === undefined ? {} : { model: tokenizer === undefined ? '' : model };
    return {
      engine: { kind: 'tinker', ...addressFlags(flags), ...name },
      ...(tokenizer === undefined ? {} : { model: tokenizer }),
    };
  }
  if (engine === undefined) return {};
  return { engine: engine === 'local' ? { kind: 'local' } : { kind: 'module', path: engine } };
}

/** Returns a config that names service and model, as a run stores it. Other engines are left as they are. */
export function withService(config: RunConfig): RunConfig {
  const { engine, model } = config;
  return engine.kind === 'tinker' ? { ...config, engine: settledService(engine, model, process.env) } : config;
}

function requireService(flags: ServiceFlags): void {
  if (flags.engine === undefined || flags.engine === 'tinker') return;
  throw new ConfigError(
    `${optionsOf(flags).join(', ')} cannot be used with --engine ${flags.engine}: only a service has them.`,
    'Pass --engine tinker, or leave them out.',
  );
}

function optionsOf(flags: ServiceFlags): string[] {
  const { url, challengerUrl, solverUrl, referenceUrl, tokenizer } = flags;
  const options = {
    '--url': url,
    '--challenger-url': challengerUrl,
    '--solver-url': solverUrl,
    '--reference-url': referenceUrl,
    '--tokenizer': tokenizer,
  };
  return Object.entries(options).flatMap(([option, value]) => (value === undefined ? [] : [option]));
}
