/**
 * llama.cpp through node-llama-cpp, for `npm run bench:engine -- --llama FOLDER`, where FOLDER is a project in which
 * `npm install --ignore-scripts node-llama-cpp` was run.
 *
 * One argument: JSON with llama (that folder), file (GGUF), threads, sequences, prompt, newTokens. Every line on
 * standard input samples all sequences in one batch, answered by "seconds S".
 */

import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { llama: folder, file, threads, sequences, prompt, newTokens } = JSON.parse(process.argv[2]);
const entry = pathToFileURL(join(folder, 'node_modules/node-llama-cpp/dist/index.js'));
const { getLlama, LlamaLogLevel } = await import(entry.href);
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const vocabulary = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
const context = await model.createContext({
  sequences,
  contextSize: prompt + newTokens + 1,
  batchSize: Math.max(512, sequences),
  threads: { ideal: threads, min: threads },
});
const places = Array.from({ length: sequences }, () => context.getSequence());

async function complete(sequence, row) {
  await sequence.clearHistory();
  const tokens = Array.from({ length: prompt }, (_, at) => (at * 7 + row * 13) % (vocabulary - 1));
  const options = { temperature: 1, topK: 0, topP: 1, seed: row + 1, yieldEogToken: true };
  let count = 0;
  for await (const _ of sequence.evaluate(tokens, options)) if (++count === newTokens) break;
  if (count !== newTokens) throw new Error('a completion is shorter than asked for');
}

for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await Promise.all(places.map(complete));
  process.stdout.write(`seconds ${(performance.now() - start) / 1000}\n`);
}
