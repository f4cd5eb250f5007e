/** Errors of OpenAI-compatible endpoints. */

import { expect } from 'vitest';
import { openEndpoint, type EndpointOptions } from '../../../src/generate/openai/index.ts';
import { ask } from '../../fixtures/endpoint.ts';
import {
  type Behaviour,
  type ChatServer,
  type ChatServerOptions,
  endless,
  refuses,
  startChatServer,
  status,
} from '../../fixtures/chat-server.ts';
import { rzero } from '../../fixtures/program.ts';
import type { AdviceCase } from '../followed.ts';

const KEY = 'RZERO_ADVICE_KEY';

type Options = Partial<EndpointOptions>;

/** Runs a server, opens its endpoint and asks it once. */
async function askOnce(
  server: ChatServerOptions,
  options: Options | ((at: ChatServer) => Options) = {},
): Promise<void> {
  const played = await startChatServer(server);
  try {
    await askAt(played.url, typeof options === 'function' ? options(played) : options);
  } finally {
    await played.close();
    delete process.env[KEY];
  }
}

async function askAt(url: string, options: Options = {}): Promise<void> {
  const endpoint = await openEndpoint({ url, retries: 1, retryDelayMs: 1, timeoutMs: 5000, ...options });
  try {
    expect(await endpoint.generate([ask('hello')])).toHaveLength(1);
  } finally {
    await endpoint.close();
  }
}

/** Answers only with the key. */
const locked: Behaviour = (response, seen, good) => {
  const isOpen = seen.headers.authorization === 'Bearer secret';
  status(isOpen ? 200 : 401, isOpen ? good : { error: { message: 'no key' } })(response, seen, good);
};

/** Uses a key from the environment. */
function withKey(value: string): Options {
  process.env[KEY] = value;
  return { apiKeyEnv: KEY };
}

export const CASES: AdviceCase[] = [
  {
    file: 'generate/openai/address.ts',
    message: 'An endpoint uses http or https, not ….',
    advice: /^Give an address such as http:\/\/localhost:8000\/v1, followed by #MODEL to name a model\.$/,
    provoke: () => openEndpoint({ url: 'ftp://localhost/v1' }),
    follow: async (_, { advice }) => {
      const url = /such as (\S+),/.exec(advice)?.[1] ?? '';
      await (await openEndpoint({ url: `${url}#tiny` })).close();
    },
  },
  {
    file: 'generate/openai/address.ts',
    message: 'The address of the endpoint is not a URL.',
    advice: /^Give an address such as/,
    provoke: () => openEndpoint({ url: 'localhost' }),
    follow: () => askOnce({}, ({ url }) => ({ url: `${url}#tiny` })),
  },
  {
    file: 'generate/openai/ask.ts',
    message: '… sent an answer of more than … MB, which was not read.',
    advice:
      /^Ask for fewer replies or tokens, or check that this is an OpenAI-compatible server\. Finished replies are kept\.$/,
    provoke: () => askOnce({ always: endless }, { maxBodyBytes: 1e6 }),
    follow: () => askOnce({}, { maxBodyBytes: 1e6 }),
  },
  {
    file: 'generate/openai/ask.ts',
    message: '… rejected the request (HTTP …)…',
    advice: "Put the server's key into an environment variable and name the variable.",
    provoke: () => askOnce({ always: locked }),
    follow: () => askOnce({ always: locked }, withKey('secret')),
  },
  {
    file: 'generate/openai/ask.ts',
    message: '… rejected the request (HTTP …)…',
    advice:
      /^Check the address \(it usually ends in \/v1\) and the model's name: `rzero doctor --model URL` shows both\./,
    provoke: () => askOnce({ always: status(404, { error: { message: 'no such model' } }) }),
    follow: async () => {
      const server = await startChatServer();
      try {
        const { out } = await rzero(['doctor', '--model', server.url]);
        expect(out).toContain(server.url);
        expect(out).toContain('tiny');
      } finally {
        await server.close();
      }
    },
  },
  {
    file: 'generate/openai/ask.ts',
    message: '… rejected the request (HTTP …)…',
    advice: /^Change the setting that the server rejects/,
    provoke: () => askOnce({ always: refuses('temperature', 400, { error: { message: 'temperature' } }) }),
    follow: () => askOnce({}),
  },
  {
    file: 'generate/openai/ask.ts',
    message: '… did not answer in … attempt…; the last one gave ….',
    advice: 'Check that the server runs and is reachable, then start again. Finished replies are kept.',
    provoke: () => askAt('http://127.0.0.1:9/v1#tiny'),
    follow: () => askOnce({}),
  },
  {
    file: 'generate/openai/ask.ts',
    message: '… asks to wait … minutes (…).',
    advice: 'Start again after that time. Finished replies are kept.',
    provoke: () => askOnce({ script: [status(429, 'later', { 'retry-after': '3600' })] }),
    follow: () => askOnce({ script: [status(429, 'later', { 'retry-after': '0' })] }),
  },
  {
    file: 'generate/openai/exchange.ts',
    message: 'The call was aborted.',
    advice: 'Start it again if needed.',
    provoke: async () => {
      const server = await startChatServer();
      const endpoint = await openEndpoint({ url: server.url });
      try {
        await endpoint.generate([ask('hello')], { signal: AbortSignal.abort() });
      } finally {
        await endpoint.close();
        await server.close();
      }
    },
    follow: () => askOnce({}),
  },
  {
    file: 'generate/openai/generate.ts',
    message: 'The budget of … tokens is spent: … are used, and the next request could cost ….',
    advice: /^Give a budget of more than \d+ tokens, or ask for shorter replies\.$/,
    provoke: () => askOnce({}, { tokenBudget: 5 }),
    follow: (_, { advice }) => askOnce({}, { tokenBudget: Number(/\d+/.exec(advice)?.[0]) + 1 }),
  },
  {
    file: 'generate/openai/index.ts',
    message: "The environment variable …, which should hold the endpoint's key, is empty.",
    advice: 'Export it before the call; give the name of the variable, not the key.',
    provoke: () => askOnce({ always: locked }, withKey('')),
    follow: () => askOnce({ always: locked }, withKey('secret')),
  },
  {
    file: 'generate/openai/index.ts',
    message: 'The key in … contains characters that are not allowed in a key.',
    advice: 'Set the variable to the key only.',
    provoke: () => askOnce({ always: locked }, withKey('Bearer secret')),
    follow: () => askOnce({ always: locked }, withKey('secret')),
  },
  {
    file: 'generate/openai/index.ts',
    message: "The endpoint's … is ….",
    advice: 'Give a number of 1 or more, or leave it out.',
    provoke: () => askOnce({}, { concurrency: 0 }),
    follow: async () => {
      await askOnce({}, { concurrency: 1 });
      await askOnce({}, { concurrency: undefined });
    },
  },
  {
    file: 'generate/openai/index.ts',
    message: '… lists no models.',
    advice: /^Name the model: \S+#MODEL\.$/,
    provoke: () => askOnce({ models: [] }),
    follow: () => askOnce({ models: [] }, ({ url }) => ({ url: `${url}#tiny` })),
  },
  {
    file: 'generate/openai/index.ts',
    message: '… has … models: …….',
    advice: /^Name one of them, e\.g\. \S+#large\.$/,
    provoke: () => askOnce({ models: ['large', 'small'] }),
    follow: (_, { advice }) => {
      const name = /#(\w+)\.$/.exec(advice)?.[1] ?? '';
      return askOnce({ models: ['large', 'small'] }, ({ url }) => ({ url: `${url}#${name}` }));
    },
  },
];
