/**
 * `rzero eval`: scores a model on the domain's held-out questions, with confidence intervals. Starts no run.
 * Benchmarks are in `eval-tasks.ts`.
 */

import { createGrader } from '../../answers/grader.ts';
import type { RunConfig } from '../../config/schema.ts';
import { createFlow } from '../../engine/flow/flow.ts';
import { openEngine } from '../../engine/open-engine.ts';
import { locationOf } from '../../generate/open-model.ts';
import { isAddress } from '../../generate/openai/address.ts';
import { MEASURED } from '../../roles.ts';
import { ConfigError, EvalError } from '../../errors.ts';
import { scoreQuestions, summarizeScores, type EvalTools, type QuestionScore } from '../../eval/runner.ts';
import { loadTokenizer } from '../../models/tokenizer/tokenizer.ts';
import { moduleLabel } from '../../modules.ts';
import { deriveSeed } from '../../random.ts';
import type { EvalResult } from '../../types.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import { clean, count, duration, flow, interval, percent, plural, significant, table } from '../render/format.ts';
import { engineHooks } from '../service/waits.ts';
import { configFor, findSubject, openDomainFor, type Subject } from '../settings.ts';
import { requestsTasks, type EvalTaskFlags } from './eval-tasks.ts';

export interface EvalFlags extends EvalTaskFlags {
  questions?: number;
  samples?: number;
}

/** Throws EvalError if the domain has no held-out test. */
export async function run(flags: EvalFlags, io: Io): Promise<number> {
  if (requestsTasks(flags)) return (await import('./eval-tasks.ts')).run(flags, io);
  if (flags.model !== undefined && isAddress(flags.model)) {
    throw new ConfigError(
      'An endpoint can only be evaluated on benchmarks, not on held-out questions.',
      'Add --tasks gsm8k,math500 or --task FILE --question COLUMN --answer COLUMN.',
    );
  }
  const subject = await findSubject(flags, MEASURED, io);
  const config = configFor(subject, flags);
  const { questions, samples } = config.evaluation;
  const evaluation = {
    ...config.evaluation,
    questions: flags.questions ?? questions,
    samples: flags.samples ?? samples,
  };
  const result = await measure({ ...config, evaluation }, subject, flags, io);
  if (flags.json === true) printJson(io, { model: locationOf(subject.weights), ...result });
  else printLines(io, resultLines(result, subject.name, textColumns(io)));
  return 0;
}

async function measure(config: RunConfig, subject: Subject, flags: EvalFlags, io: Io): Promise<EvalResult> {
  const seed = flags.seed ?? config.seed;
  const domain = await openDomainFor(subject, config, flags);
  const settings = config.evaluation;
  if (settings.questions === 0) {
    throw new ConfigError('The settings ask no held-out question: evaluation.questions = 0.', 'Pass --questions 100.');
  }
  const questions = domain.heldOut?.questions(settings.questions) ?? [];
  if (questions.length === 0) {
    throw new EvalError(
      `The domain ${domain.name} has no held-out questions.`,
      'Use --domain arithmetic, or --tasks for benchmarks.',
    );
  }
  const tokenizer = await loadTokenizer(subject.tokenizer, config);
  const engine = await openEngine(config.engine, undefined, engineHooks(io, subject.tokenizer));
  const grader = createGrader({ mode: 'evaluation', equal: domain.equal });
  const executor = domain.openExecutor?.();
  try {
    const sampler = await engine.openSampler(subject.weights);
    const tools: EvalTools = { sampler, flow: createFlow(engine), tokenizer, domain, executor, grader };
    const scores: QuestionScore[] = [];
    const started = io.now();
    for (let first = 0; first < questions.length; first += settings.chunk) {
      const chunk = questions.slice(first, first + settings.chunk);
      scores.push(...(await scoreQuestions(tools, chunk, settings, { seed: deriveSeed(seed, 'evaluate') })));
      const rest = questions.length - scores.length;
      if (rest > 0) {
        const left = duration(((io.now() - started) / scores.length) * rest);
        io.err(`${count(scores.length)} of ${plural(questions.length, 'question')}, ${left} left\n`);
      }
    }
    await sampler.close();
    return summarizeScores({ iteration: 0, task: moduleLabel(config.domain), samples: settings.samples }, scores);
  } finally {
    await executor?.close();
    await grader.close();
    await engine.close();
  }
}

/** The result as a table, each score with its 95 % interval. */
function resultLines(result: EvalResult, name: string, columns: number): string[] {
  const k = result.samples;
  const rows = [
    [`mean@${k} (sampled)`, interval(result.mean)],
    [`majority@${k}`, interval(result.majority)],
    ['greedy', interval(result.greedy)],
    ...(result.forced === null ? [] : [[`mean@${k}, steps forced`, interval(result.forced)]]),
    ...(result.worked === null ? [] : [['shows steps', percent(result.worked)]]),
    ['tokens per attempt', significant(result.meanTokens)],
    ['cut off', count(result.truncated)],
  ];
  return [
    ...flow([clean(name), result.task, plural(result.questions, 'held-out question')], columns),
    ...table([['score', 'value [95 %]'], ...rows], ['left', 'left']),
  ];
}
