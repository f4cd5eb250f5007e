/**
 * Writes tasks for lm_eval over the held-out questions of the arithmetic domain, with the shipped base's own prompt: one
 * that generates, and one that compares the likelihood of four answers.
 *
 *     npx tsx test/interop/lm-eval-tasks.ts FOLDER [QUESTIONS]
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { resolveConfig } from '../../src/config/load.ts';
import { arithmetic } from '../../src/domains/arithmetic/domain.ts';
import { loadTokenizer } from '../../src/models/tokenizer/tokenizer.ts';

const [, , folder = '.', count = '100'] = process.argv;
const tokenizer = await loadTokenizer(join(import.meta.dirname, '../../models/arith-base'));
const { maxTokens } = resolveConfig().evaluation;

const lines = arithmetic.heldOut.questions(Number(count)).map(({ id, text: question, answer }, at) => {
  const value = Number(answer);
  const wrong = [value + 1, value - 1, value + 10];
  const label = at % 4;
  const choices = wrong.toSpliced(label, 0, value).map((one) => `\\boxed{${one}}`);
  return { id, prompt: tokenizer.renderChat(arithmetic.solverMessages(question)), answer, choices, label };
});
const data = join(resolve(folder), 'held-out.jsonl');
mkdirSync(folder, { recursive: true });
writeFileSync(data, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);

const shared = `dataset_path: json
dataset_kwargs:
  data_files:
    test: ${data}
test_split: test
doc_to_text: "{{prompt}}"
target_delimiter: ""
metadata:
  version: 1.0
`;
writeFileSync(
  join(folder, 'rzero_generate.yaml'),
  `task: rzero_generate
output_type: generate_until
${shared}doc_to_target: "{{answer}}"
generation_kwargs:
  until: ["<|im_end|>"]
  do_sample: false
  temperature: 0
  max_gen_toks: ${maxTokens}
filter_list:
  - name: boxed
    filter:
      - function: regex
        regex_pattern: '\\\\boxed\\{(-?\\d+)\\}'
        group_select: -1
      - function: take_first
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
`,
);
writeFileSync(
  join(folder, 'rzero_choices.yaml'),
  `task: rzero_choices
output_type: multiple_choice
${shared}doc_to_target: label
doc_to_choice: "{{choices}}"
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
`,
);
console.log(`${lines.length} questions in ${data}`);
