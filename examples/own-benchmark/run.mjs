/**
 * Evaluates a custom endpoint on a custom benchmark. Every prompt and reply is stored in a folder; a second call
 * requests only missing replies.
 *
 *   node run.mjs [folder of the evaluation]
 */

import { evaluateTask, evaluationGrader, loadTask, openLog, summarize, writeResults } from 'rzero/eval';
import { openCalendar } from './calendar.mjs';
import leapYears from './leap-years.mjs';

const [folder = 'evaluation'] = process.argv.slice(2);
const generator = openCalendar();
const grader = evaluationGrader();
const { name } = generator;
const log = openLog(folder, {
  model: { kind: 'endpoint', name, location: name, fingerprint: null, iteration: null },
  settings: { seed: 1, temperature: 1, topP: 1, topK: 0, minP: 0, maxTokens: 256, prompts: 'math' },
});
try {
  await evaluateTask({ generator, grader, log }, await loadTask(leapYears), { samples: null, limit: null });
  for (const { title, score, asked } of summarize(log).tasks) {
    const { value = NaN, low = NaN, high = NaN } = score ?? {};
    const [mean, from, to] = [value, low, high].map((share) => `${(100 * share).toFixed(1)} %`);
    console.log(`${title}: ${mean} of ${asked} questions right, 95 % interval ${from} to ${to}`);
  }
  writeResults(log);
  console.log(`Every answer with its verdict: ${log.dir}`);
} finally {
  log.close();
  await grader.close();
  await generator.close();
}
