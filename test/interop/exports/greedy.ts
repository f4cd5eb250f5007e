/**
 * Writes prompts with their tokens and the greedy answers of the local engine, as JSON, for a comparison with another
 * program: npx tsx test/interop/exports/greedy.ts MODEL_FOLDER [RUN_FOLDER] > ours.json
 * With a run, the prompts are those that it trained on; without one, a few questions and arbitrary texts.
 */

import { createLocalEngine } from '../../../src/engine/local/index.ts';
import { loadTokenizer } from '../../../src/models/tokenizer/tokenizer.ts';
import { openRun } from '../../../src/store/sqlite.ts';

const [folder, run] = process.argv.slice(2);
const MAX_TOKENS = 48;
const MOST = 40;

const tokenizer = await loadTokenizer(folder);
const asked = ['Compute 25 + 28 + 5 * 2 + 4.', 'What is 3 * (4 + 5)?', 'Tom has 3 apples and buys 4 more. How many?'];
const texts = asked.map((content) => tokenizer.renderChat([{ role: 'user', content }]));
const prompts = run === undefined ? [...texts, 'The quick brown fox', '12 + 34 = '] : promptsOf(run);
const engine = await createLocalEngine({ threads: 2, slots: 16, microBatchTokens: 512, activationBytes: Infinity });
const sampler = await engine.openSampler({ kind: 'base', path: folder });
const stopTokens = tokenizer.eosIds;
const answers = await sampler.sample(
  prompts.map((prompt) => ({
    prompt: tokenizer.encode(prompt),
    n: 1,
    seed: 1,
    temperature: 0,
    topP: 1,
    topK: 0,
    minP: 0,
    maxTokens: MAX_TOKENS,
    stopTokens,
  })),
);
await sampler.close();
await engine.close();
const rows = prompts.map((prompt, at) => ({
  prompt,
  tokens: [...tokenizer.encode(prompt)],
  answer: [...answers[at][0].tokens],
}));
// Texts that the model wrote, to compare how they are split.
const written =
  run === undefined ? [] : completionsOf(run).map((text) => ({ text, tokens: [...tokenizer.encode(text)] }));
process.stdout.write(JSON.stringify({ maxTokens: MAX_TOKENS, stopTokens, rows, written }));

function promptsOf(dir: string): string[] {
  const store = openRun(dir, { readOnly: true });
  const groups = (['challenger', 'solver'] as const).flatMap((role) => store.rollouts({ role, iteration: 1 }));
  store.close();
  const contents = [...new Set(groups.map(({ prompt }) => prompt))].slice(0, MOST);
  return contents.map((content) => tokenizer.renderChat([{ role: 'user', content }]));
}

function completionsOf(dir: string): string[] {
  const store = openRun(dir, { readOnly: true });
  const all = [...store.attempts({ iteration: 1 }), ...store.questions({ iteration: 1, origin: 'pool' })];
  store.close();
  return [...new Set(all.map(({ completion }) => completion))];
}
