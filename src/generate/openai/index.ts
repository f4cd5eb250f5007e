/**
 * START HERE: a model behind any OpenAI-compatible `/v1` endpoint (vLLM, llama.cpp, Ollama, a hosted one), as a
 * `Generator`. It samples texts for evaluations and judges; it cannot train, and gives no log-probabilities.
 * `generate.ts` spreads requests over lanes, `ask.ts` asks one until it is answered, `exchange.ts` is one HTTP
 * exchange, `chat.ts` the wire. Everything that the server sends is hostile: sizes are limited, shapes checked,
 * words escaped. The key comes from an environment variable and goes nowhere but into the request.
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
  /** E.g. `http://localhost:8000/v1`; a model may be named behind `#`. */
  url: string;
  /** Goes before the one named in `url`; without either, the server's only model. */
  model?: string;
  /** Environment variable that holds the key. Without it no key is sent. */
  apiKeyEnv?: string;
  /** Requests under way at once; default 8. */
  concurrency?: number;
  /** Failed attempts of one request that may follow the first; default 6. */
  retries?: number;
  /** First wait after a failure, doubled each time; default 500. */
  retryDelayMs?: number;
  /** For one request from sending to the last byte; default 10 minutes. */
  timeoutMs?: number;
  /** Prompt and reply tokens that may be used altogether, as the server counts them; default unlimited. A purse may be shared. */
  tokenBudget?: number | Purse;
  /** Longest answer that is read; default 32 MB. */
  maxBodyBytes?: number;
  /** Instead of Node's own. */
  fetch?: typeof fetch;
}

export interface Endpoint extends Generator {
  /** As the server knows it. */
  readonly model: string;
  /** What the server was found not to do, as sentences for a report; empty when it does everything. */
  notes(): string[];
  /** Prompt and reply tokens used so far. */
  tokensUsed(): number;
}

/**
 * Asks the server for its models unless one is named, and nothing else.
 * @throws ConfigError for an unusable address, number or key; EngineError when the server cannot be asked or has
 * several models.
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
    answered: 0,
    promptRate: null,
  };
  if (host.model === '') host.model = await onlyModel(host, closing.signal);
  const { tokenBudget = Infinity } = options;
  const lanes = new Lanes(concurrency, typeof tokenBudget === 'number' ? new Purse(tokenBudget) : tokenBudget);
  return {
    name: endpointName(address.shown, host.model),
    model: host.model,
    generate: (requests, ctl = {}) => generateOver(host, lanes, requests, ctl, closing.signal),
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

/** The key in an environment variable. Errors name the variable, never its value. */
function keyFrom(variable: string): string {
  const key = process.env[variable]?.trim() ?? '';
  // Who gives the key itself by mistake should not see it in an error.
  const shown = /^[A-Z][A-Z0-9_]{0,60}$/.test(variable) ? variable : 'that was named';
  if (key === '')
    throw new ConfigError(
      `The environment variable ${shown}, which should hold the endpoint's key, is empty.`,
      'Export it before the call; give the name of the variable, not the key.',
    );
  // What a header cannot carry, fetch would repeat in its error.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new ConfigError(
      `The key in ${shown} holds characters that no key has.`,
      'Set the variable to the key alone.',
    );
  return key;
}

function checkNumbers(options: EndpointOptions): void {
  const least: [keyof EndpointOptions, number][] = [
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

/** The model of a server that has one. A choice among several is the user's. */
async function onlyModel(host: Host, signal: AbortSignal): Promise<string> {
  // Nobody has replied yet: a server that is not there should be told of soon.
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
