/**
 * START HERE: uses a model at any OpenAI-compatible `/v1` endpoint (vLLM, llama.cpp, Ollama, a hosted service) as a
 * `Generator`. It samples texts for evaluations and judges; it cannot train and returns no log-probabilities.
 * `generate.ts` distributes requests over lanes, `ask.ts` retries one request, `exchange.ts` is one HTTP exchange,
 * `chat.ts` is the format. Data from the server is not trusted: sizes are limited, shapes checked, texts escaped. The
 * key comes from an environment variable and is sent only in requests.
 */

import { ConfigError, EngineError } from '../../errors.ts';
import { quoteLine } from '../../text/visible.ts';
import type { Generator } from '../generator.ts';
import { endpointName, parseAddress, type Address } from './address.ts';
import { askJson, type Host } from './ask.ts';
import { widestDialect } from './dialect.ts';
import type { Connection } from './exchange.ts';
import { generateOver } from './generate.ts';
import { Lanes, Purse } from './lanes.ts';
import { longFetchDispatcher } from './long-fetch.ts';
import { asList, field, text } from './words.ts';

export { isAddress, originOf, shownAddress } from './address.ts';
export { Purse } from './lanes.ts';

export interface EndpointOptions {
  /** E.g. `http://localhost:8000/v1`; may name a model after `#`. */
  url: string;
  /** Overrides the model in `url`; without either, the server's only model. */
  model?: string;
  /** Name of the environment variable with the key. Without it, no key is sent. */
  apiKeyEnv?: string;
  /** Maximum number of concurrent requests; default 8. */
  concurrency?: number;
  /** Maximum number of retries per request; default 6. */
  retries?: number;
  /** First wait after a failure in milliseconds, doubled each time; default 500. */
  retryDelayMs?: number;
  /** Timeout of one request, from sending to the last byte; default 10 minutes. */
  timeoutMs?: number;
  /** Budget of prompt and reply tokens, as counted by the server; default unlimited. Endpoints may share a purse. */
  tokenBudget?: number | Purse;
  /** Maximum size of an answer; default 32 MB. */
  maxBodyBytes?: number;
  /** Aborts the opening, while the server is asked for its models. Calls have their own signal. */
  signal?: AbortSignal;
  /** Replaces Node's `fetch`. */
  fetch?: typeof fetch;
}

export interface Endpoint extends Generator {
  /** The model's name on the server. */
  readonly model: string;
  /** Returns sentences for a report about settings that the server does not support; empty if it supports all. */
  notes(): string[];
  /** Prompt and reply tokens used so far. */
  tokensUsed(): number;
}

/**
 * Opens the endpoint. Asks the server for its models only if none is named.
 *
 * @throws ConfigError for an invalid address, number or key; EngineError if the server cannot be asked or has several
 * models
 */
export async function openEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const address = parseAddress(options.url);
  const patience = { retries: options.retries ?? 6, retryDelayMs: options.retryDelayMs ?? 500 };
  const concurrency = options.concurrency ?? 8;
  checkNumbers({ ...options, ...patience, concurrency });
  const closing = new AbortController();
  const own = options.fetch === undefined ? await longFetchDispatcher() : null;
  const host: Host = {
    connection: connect(options, address, own?.dispatcher),
    patience,
    model: options.model ?? address.model ?? '',
    dialect: widestDialect(),
    notes: new Set(),
    quietUntil: 0,
    responses: 0,
    promptRate: null,
  };
  if (host.model === '') host.model = await onlyModel(host, options.signal ?? closing.signal);
  const { tokenBudget = Infinity } = options;
  const lanes = new Lanes(concurrency, typeof tokenBudget === 'number' ? new Purse(tokenBudget) : tokenBudget);
  return {
    name: endpointName(address.shown, host.model),
    model: host.model,
    generate: (requests, ctl = {}) => generateOver({ host, lanes, closing: closing.signal }, requests, ctl),
    notes: () => [...host.notes],
    tokensUsed: () => lanes.used,
    close: async () => {
      if (closing.signal.aborted) return;
      closing.abort();
      await own?.close();
    },
  };
}

function connect(options: EndpointOptions, address: Address, dispatcher: Connection['dispatcher']): Connection {
  const key = options.apiKeyEnv === undefined ? null : keyFrom(options.apiKeyEnv);
  return {
    fetch: options.fetch ?? fetch,
    dispatcher,
    base: address.base,
    query: address.query,
    shown: address.shown,
    authorization: key === null ? address.basic : `Bearer ${key}`,
    secrets: [...address.secrets, ...(key === null ? [] : [key])],
    timeoutMs: options.timeoutMs ?? 600_000,
    maxBodyBytes: options.maxBodyBytes ?? 32_000_000,
  };
}

/** Reads the key from an environment variable. Errors name the variable, never its value. */
function keyFrom(variable: string): string {
  const key = process.env[variable]?.trim() ?? '';
  // If the user passed the key itself by mistake, the error must not show it.
  const shown = /^[A-Z][A-Z0-9_]{0,60}$/.test(variable) ? variable : 'that was named';
  if (key === '')
    throw new ConfigError(
      `The environment variable ${shown}, which should hold the endpoint's key, is empty.`,
      'Export it before the call; give the name of the variable, not the key.',
    );
  // The error of fetch would repeat a key with characters that headers do not allow.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new ConfigError(
      `The key in ${shown} contains characters that are not allowed in a key.`,
      'Set the variable to the key only.',
    );
  return key;
}

function checkNumbers(options: EndpointOptions): void {
  const least: [Exclude<keyof EndpointOptions, 'signal'>, number][] = [
    ['concurrency', 1],
    ['retries', 0],
    ['retryDelayMs', 0],
    ['timeoutMs', 1],
    ['tokenBudget', 0],
    ['maxBodyBytes', 1],
  ];
  for (const [name, minimum] of least) {
    const value = options[name];
    if (value === undefined || value instanceof Purse) continue;
    if (typeof value === 'number' && Number.isFinite(value) && value >= minimum) continue;
    throw new ConfigError(
      `The endpoint's ${name} is ${String(value)}.`,
      `Give a number of ${minimum} or more, or leave it out.`,
    );
  }
}

/** Returns the model of a server that has exactly one. With several, the user must choose. */
async function onlyModel(host: Host, signal: AbortSignal): Promise<string> {
  // No request has succeeded yet, so few retries: an unreachable server is reported soon.
  const hasty = { ...host, patience: { ...host.patience, retries: Math.min(2, host.patience.retries) } };
  const json = await askJson(hasty, 'models', signal);
  const ids = asList(field(json, 'data'))
    .map((entry) => text(field(entry, 'id')))
    .filter((id) => id !== null && id !== '' && id.length <= 500);
  const [first] = ids;
  if (ids.length === 1 && first !== null) return first;
  const { shown } = host.connection;
  if (ids.length === 0) throw new EngineError('user', `${shown} lists no models.`, `Name the model: ${shown}#MODEL.`);
  const some = ids.slice(0, 10).map((id) => quoteLine(id ?? '', 80));
  throw new EngineError(
    'user',
    `${shown} has ${ids.length} models: ${some.join(', ')}${ids.length > 10 ? ', …' : ''}.`,
    `Name one of them, e.g. ${shown}#${some[0]}.`,
  );
}
