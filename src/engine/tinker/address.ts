/** Addresses of Tinker services: where they come from, and that they hold no secret, because a run stores them. */

import { existsSync } from 'node:fs';
import type { EngineConfig } from '../../config/schema.ts';
import { ConfigError } from '../../errors.ts';
import { findModel } from '../../models/hub/find-model.ts';

export type TinkerConfig = Extract<EngineConfig, { kind: 'tinker' }>;

/** Thinking Machines' hosted service. */
export const HOSTED_SERVICE = 'https://tinker.thinkingmachines.dev/services/tinker-prod';

/** Names the service if the config does not. */
export const ADDRESS_VARIABLE = 'TINKER_BASE_URL';

/** Environment variable with the key of the account. */
export const KEY_VARIABLE = 'TINKER_API_KEY';

const ADDRESSES = ['url', 'challengerUrl', 'solverUrl', 'referenceUrl'] as const;

/**
 * Returns the settings with an address: the given one, otherwise that of the environment, that of the Solver's or the
 * Challenger's own service, or the hosted service.
 * @throws ConfigError if an address contains more than scheme, host and path; the message does not repeat it
 */
export function withAddress(config: TinkerConfig, env: Readonly<Record<string, string | undefined>>): TinkerConfig {
  const ofRole = config.solverUrl || config.challengerUrl;
  const url = config.url || (env[ADDRESS_VARIABLE] ?? '') || ofRole || HOSTED_SERVICE;
  const from = config.url === '' && ofRole === '' ? ADDRESS_VARIABLE : 'engine.url';
  const given = { ...config, url };
  const addresses = ADDRESSES.map((key) => [key, cleanAddress(given[key], key === 'url' ? from : `engine.${key}`)]);
  return { ...given, ...Object.fromEntries(addresses) };
}

/**
 * Returns the settings of a new run: with an address, and with the model's name on the service. That is `model`, unless
 * it is a folder on this machine, which the service does not know: then it is the only model of the service.
 * @throws ConfigError as `withAddress`
 */
export function settledService(
  config: TinkerConfig,
  model: string,
  env: Readonly<Record<string, string | undefined>>,
): TinkerConfig {
  return { ...withAddress(config, env), model: config.model || (existsSync(findModel(model)) ? '' : model) };
}

/** Returns the services of a config, each once, as a text to show. */
export function shownServices(config: TinkerConfig): string {
  const own = [config.challengerUrl || config.url, config.solverUrl || config.url, config.referenceUrl];
  return [...new Set(own.filter((url) => url !== ''))].join(', ');
}

/** Returns an address without a trailing slash; empty if it is not set. */
function cleanAddress(text: string, from: string): string {
  if (text === '') return '';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(`${from} is not the address of a service.`, 'Give an address such as http://localhost:8000.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(
      `${from} contains a user name, a password or a query, which the run would store.`,
      'Give only the address, such as http://localhost:8000, and put the key into the environment variable TINKER_API_KEY.',
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
