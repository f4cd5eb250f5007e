/**
 * Compares what lm_eval measured over `rzero serve` with this project's own numbers: the generated answers with the greedy
 * score of `rzero eval`, and the likelihood of every choice with the engine itself.
 *
 *     npx tsx test/interop/lm-eval-check.ts OUT.json MODEL_FOLDER EVAL.json LM_EVAL_OUTPUT_FOLDER
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createLocalEngine } from '../../src/engine/local/index.ts';
import { loadTokenizer } from '../../src/models/tokenizer/tokenizer.ts';

const [, , out = '', folder = '', evaluation = '', output = ''] = process.argv;

const files = readdirSync(output, { recursive: true, encoding: 'utf8' });
const newest = (start: string): string => {
  const name = files
    .filter((one) => one.includes(start))
    .toSorted()
    .at(-1);
  if (name === undefined) throw new Error(`no file ${start} in ${output}`);
  return readFileSync(join(output, name), 'utf8');
};
const samplesOf = <T>(task: string, schema: z.ZodType<T>): T[] =>
  newest(`samples_${task}`)
    .trim()
    .split('\n')
    .map((line) => schema.parse(JSON.parse(line)));

const pair = z.tuple([z.coerce.number(), z.union([z.boolean(), z.string().transform((text) => text === 'True')])]);
const choices = samplesOf(
  'rzero_choices',
  z.looseObject({
    doc: z.looseObject({ prompt: z.string(), choices: z.array(z.string()), label: z.number() }),
    filtered_resps: z.array(pair),
    acc: z.number(),
  }),
);
const generated = samplesOf('rzero_generate', z.looseObject({ exact_match: z.number() }));
const { results, versions } = z
  .looseObject({
    results: z.record(z.string(), z.record(z.string(), z.unknown())),
    versions: z.unknown(),
  })
  .parse(JSON.parse(newest('results_')));
const own = z
  .looseObject({ greedy: z.looseObject({ value: z.number() }), questions: z.number() })
  .parse(JSON.parse(readFileSync(evaluation, 'utf8')));

const engine = await createLocalEngine({ threads: 1, slots: 8, microBatchTokens: 4096 });
const sampler = await engine.openSampler({ kind: 'base', path: folder });
const { encode } = await loadTokenizer(folder);
let largest = 0;
let greedyDiffers = 0;
let right = 0;
for (const { doc, filtered_resps } of choices) {
  // lm_eval counts the white space at the end of a prompt as a part of the choice.
  const context = encode(doc.prompt.trimEnd()).length;
  const scores = await sampler.score(
    doc.choices.map((choice) => {
      const tokens = encode(doc.prompt + choice);
      return { input: tokens.slice(0, -1), target: tokens.slice(1), mask: new Uint8Array(tokens.length - 1).fill(1) };
    }),
  );
  const sums = scores.map((logprobs) => logprobs.slice(context - 1).reduce((sum, one) => sum + one, 0));
  sums.forEach((sum, at) => {
    largest = Math.max(largest, Math.abs(sum - filtered_resps[at][0]));
  });
  if (sums.indexOf(Math.max(...sums)) === doc.label) right++;
  const prompt = encode(doc.prompt.trimEnd());
  for (const [at, choice] of doc.choices.entries()) {
    const wanted = encode(doc.prompt + choice).slice(prompt.length);
    const [[greedy]] = await sampler.sample([
      { prompt, n: 1, seed: 0, maxTokens: wanted.length, temperature: 0, topP: 1, topK: 0, ignoreEnd: true },
    ]);
    const isGreedy = wanted.every((token, index) => greedy.tokens[index] === token);
    if (isGreedy !== filtered_resps[at][1]) greedyDiffers++;
  }
}
await engine.close();

const value = {
  questions: own.questions,
  generate: {
    'rzero eval, greedy': own.greedy.value,
    'lm_eval, exact_match': generated.reduce((sum, one) => sum + one.exact_match, 0) / generated.length,
  },
  choices: {
    'engine, accuracy': right / choices.length,
    'lm_eval, acc': choices.reduce((sum, one) => sum + one.acc, 0) / choices.length,
    'largest difference of a log-likelihood': largest,
    'choices with another is_greedy': greedyDiffers,
  },
  lmEval: { results, versions },
};
writeFileSync(out, `${JSON.stringify(value, null, 2)}\n`);
console.log(JSON.stringify(value, null, 2));
const isEqual =
  value.generate['rzero eval, greedy'] === value.generate['lm_eval, exact_match'] &&
  value.choices['engine, accuracy'] === value.choices['lm_eval, acc'] &&
  largest < 1e-3 &&
  greedyDiffers === 0;
process.exitCode = isEqual ? 0 : 1;
