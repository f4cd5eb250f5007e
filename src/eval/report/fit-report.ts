/** Bounds the size of a report: it selects samples (`choose.ts`), and cuts long texts. */

import { count } from '../../text/numbers.ts';
import { chooseSamples, SAMPLE_LIMITS, type SampleLimits } from './choose.ts';
import type { CompletionReport, EvalReport, SampleReport } from './report.ts';

const LONGEST_ANSWER = 500;

/** Returns a report with at most as many samples, and as long texts, as the limits allow. */
export function fitReport(report: EvalReport, limits: Partial<SampleLimits> = {}): EvalReport {
  const all = { ...SAMPLE_LIMITS, ...limits };
  return {
    ...report,
    tasks: report.tasks.map((task) => ({
      ...task,
      samples: chooseSamples(task.samples, all).map((sample) => cutSample(sample, all.characters)),
    })),
  };
}

function cutSample(sample: SampleReport, limit: number): SampleReport {
  return {
    ...sample,
    id: cutMiddle(sample.id, LONGEST_ANSWER),
    question: cutMiddle(sample.question, limit),
    reference: cutMiddle(sample.reference, limit),
    prompt: sample.prompt.map(({ role, content }) => ({ role, content: cutMiddle(content, limit) })),
    completions: sample.completions.map((completion) => cutCompletion(completion, limit)),
  };
}

function cutCompletion(completion: CompletionReport, limit: number): CompletionReport {
  const { text, answer, reason } = completion;
  const short = Math.min(LONGEST_ANSWER, limit);
  return {
    ...completion,
    text: cutMiddle(text, limit),
    answer: answer === null ? null : cutMiddle(answer, short),
    reason: cutMiddle(reason, short),
  };
}

/** Cuts a long text in the middle, because the final answer is at the end. */
export function cutMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.floor(limit / 2);
  const tail = text.slice(text.length - (limit - head));
  return `${text.slice(0, head)}\n[… ${count(text.length - limit)} characters left out …]\n${tail}`;
}
