/**
 * llama.cpp through node-llama-cpp, for `npm run bench:engine -- --llama FOLDER`, where FOLDER is a project
 * in which `npm install --ignore-scripts node-llama-cpp` was run.
 *
 * Takes one argument: JSON with llama (that folder), file (GGUF), threads, sequences, prompt, newTokens.
 * Prints "threads T" once; then every line on standard input samples all sequences in one batch and is
 * answered with "seconds S".
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

async function open(threadCount) {
  const context = await model.createContext({
    sequences,
    contextSize: prompt + newTokens + 1,
    batchSize: Math.max(512, sequences),
    threads: { ideal: threadCount, min: threadCount },
  });
  return { context, places: Array.from({ length: sequences }, () => context.getSequence()) };
}

async function complete(sequence, row, count) {
  await sequence.clearHistory();
  const tokens = Array.from({ length: prompt }, (_, at) => (at * 7 + row * 13) % (vocabulary - 1));
  const options = { temperature: 1, topK: 0, topP: 1, seed: row + 1, yieldEogToken: true };
  let done = 0;
  for await (const _ of sequence.evaluate(tokens, options)) if (++done === count) break;
  if (done !== count) throw new Error('a completion is shorter than requested');
}

async function secondsOf(places, count) {
  const start = performance.now();
  await Promise.all(places.map((place, row) => complete(place, row, count)));
  return (performance.now() - start) / 1000;
}

// Where threads spend more time waiting for each other than working, a single thread is faster. The faster
// setting is used.
const trials = [];
for (const threadCount of new Set([1, threads])) {
  const { context, places } = await open(threadCount);
  trials.push({ threadCount, seconds: await secondsOf(places, Math.min(8, newTokens)) });
  await context.dispose();
}
const [{ threadCount }] = trials.toSorted((a, b) => a.seconds - b.seconds);
process.stdout.write(`threads ${threadCount}\n`);
const { places } = await open(threadCount);

for await (const _ of createInterface({ input: process.stdin })) {
  process.stdout.write(`seconds ${await secondsOf(places, newTokens)}\n`);
}
