/**
 * Writes what the local engine makes of a model and the chats of `prompts.json`: prompts, tokens, greedy answers of 64
 * tokens, log-probabilities of all prompt tokens, and all logits of the shortest prompts.
 *     npx tsx test/interop/real-model/ours.ts MODEL_FOLDER OUT_FOLDER
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createLocalEngine } from '../../../src/engine/local/index.ts';
import { loadCheckpoint } from '../../../src/models/checkpoint.ts';
import { loadTokenizer } from '../../../src/models/tokenizer/tokenizer.ts';
import { logitsOf } from '../../fixtures/logits.ts';

const [, , folder = '', out = ''] = process.argv;
const MAX_TOKENS = 64;
/** Logits of longer prompts would need too much memory: 49,152 numbers at every position. */
const WITH_LOGITS = 12;

const chats = z
  .array(z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })))
  .parse(JSON.parse(readFileSync(new URL('prompts.json', import.meta.url), 'utf8')));
const times: Record<string, number> = {};
const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const start = performance.now();
  const value = await work();
  times[name] = Math.round(performance.now() - start) / 1000;
  return value;
};

mkdirSync(out, { recursive: true });
const tokenizer = await timed('load the tokenizer', () => loadTokenizer(folder));
const prompts = chats.map((messages) => tokenizer.renderChat(messages));
const tokens = prompts.map((prompt) => tokenizer.encode(prompt));
const engine = await createLocalEngine({ threads: 2, slots: 16, microBatchTokens: 1024 });
const sampler = await timed('open a sampler', () => engine.openSampler({ kind: 'base', path: folder }));
const greedy = { n: 1, seed: 1, temperature: 0, topP: 1, topK: 0, stopTokens: tokenizer.eosIds };
await timed('first token of a first request', () => sampler.sample([{ prompt: tokens[0], ...greedy, maxTokens: 1 }]));
await timed('first token of the longest prompt', () =>
  sampler.sample([{ prompt: longest(), ...greedy, maxTokens: 1 }]),
);
const answers = await timed('all greedy answers', () =>
  sampler.sample(tokens.map((prompt) => ({ prompt, ...greedy, maxTokens: MAX_TOKENS }))),
);
const scores = await timed('log-probabilities of all prompts', () =>
  sampler.score(
    tokens.map((all) => ({
      input: all.slice(0, -1),
      target: all.slice(1),
      mask: new Uint8Array(all.length - 1).fill(1),
    })),
  ),
);
await engine.close();

const shortest = tokens
  .map((_, at) => at)
  .toSorted((a, b) => tokens[a].length - tokens[b].length)
  .slice(0, WITH_LOGITS);
const checkpoint = await loadCheckpoint(folder);
const logits = await logitsOf(
  checkpoint,
  shortest.map((at) => tokens[at]),
);
writeFileSync(join(out, 'logits.bin'), logits);
const rows = prompts.map((prompt, at) => ({
  prompt,
  tokens: [...tokens[at]],
  answer: [...answers[at][0].tokens],
  text: tokenizer.decode(answers[at][0].tokens, { skipSpecial: true }),
  logprobs: [...scores[at]],
}));
writeFileSync(join(out, 'ours.json'), JSON.stringify({ maxTokens: MAX_TOKENS, times, shortest, rows }));
console.log(JSON.stringify(times));

function longest(): Int32Array {
  return tokens.reduce((most, one) => (one.length > most.length ? one : most));
}
