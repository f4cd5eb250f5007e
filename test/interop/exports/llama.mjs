/**
 * Compares a GGUF file in llama.cpp with the output of `greedy.ts`: the tokens of every text, and the greedy answers.
 *   npm install -E node-llama-cpp@3.22.1   # in any folder; it brings a build of llama.cpp
 *   node llama.mjs MODEL.gguf ours.json     # from a copy of this file in that folder
 */

import { readFileSync } from 'node:fs';
import { getLlama } from 'node-llama-cpp';

const [file, ours] = process.argv.slice(2);
const { rows, written, maxTokens, stopTokens } = JSON.parse(readFileSync(ours, 'utf8'));
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });
const model = await llama.loadModel({ modelPath: file });
const context = await model.createContext({ contextSize: 512, threads: 1 });
const sequence = context.getSequence();
const same = (a, b) => a.length === b.length && a.every((one, at) => one === b[at]);
const tally = {
  file,
  prompts: rows.length,
  promptTokensEqual: 0,
  answersEqual: 0,
  answerTokensEqual: 0,
  answerTokens: 0,
};

for (const { prompt, tokens, answer } of rows) {
  if (same(model.tokenize(prompt, true), tokens)) tally.promptTokensEqual++;
  else
    console.log(
      'other tokens',
      JSON.stringify(prompt.slice(0, 200)),
      model.tokenize(prompt, true).join(),
      tokens.join(),
    );
  await sequence.clearHistory();
  const found = [];
  for await (const token of sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true })) {
    found.push(token);
    if (stopTokens.includes(token) || found.length === maxTokens) break;
  }
  if (same(found, answer)) tally.answersEqual++;
  else console.log('other answer', JSON.stringify(prompt.slice(-60)), found.join(), '|', answer.join());
  tally.answerTokens += answer.length;
  const differs = answer.findIndex((one, at) => one !== found[at]);
  tally.answerTokensEqual += differs < 0 ? answer.length : differs;
}
tally.texts = written.length;
tally.textsEqual = written.filter(({ text, tokens }) => same(model.tokenize(text, true), tokens)).length;
const { text: example } = written.find(({ text, tokens }) => !same(model.tokenize(text, true), tokens)) ?? {};
if (example !== undefined) console.log('split otherwise:', JSON.stringify(example));
console.log(JSON.stringify({ ...tally, llama: llama.llamaCppRelease }));
process.exit(0);
