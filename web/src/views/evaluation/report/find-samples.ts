/** Finds the samples of a report that match a filter. Pure. */

import { classOf, type SampleClass } from '../../../../../src/eval/report/choose.ts';
import type { EvalReport, SampleReport, SampleVerdict } from '../../../../../src/eval/report/report.ts';

export interface SampleFilter {
  /** Name of a task; null for all. */
  task: string | null;
  verdict: SampleClass | null;
  search: string;
}

/** A sample with the task that it belongs to. */
export interface FoundSample {
  task: string;
  title: string;
  sample: SampleReport;
  /** Names it in the page. */
  key: string;
}

/** Returns the samples of a report that match, in order. */
export function findSamples({ tasks }: Pick<EvalReport, 'tasks'>, filter: SampleFilter): FoundSample[] {
  const words = filter.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return tasks.flatMap(({ name, title, samples }, at) =>
    filter.task !== null && filter.task !== name
      ? []
      : samples.flatMap((sample, number) =>
          hasVerdict(sample, filter.verdict) && hasWords(sample, words)
            ? [{ task: name, title, sample, key: `s-${at}-${number}` }]
            : [],
        ),
  );
}

function hasVerdict({ completions }: SampleReport, verdict: SampleClass | null): boolean {
  return verdict === null || completions.some((one) => filterOf(one.verdict) === verdict);
}

/** A missing answer is wrong. */
function filterOf(verdict: SampleVerdict): SampleClass {
  return verdict === 'unparsable' ? 'wrong' : verdict;
}

function hasWords(sample: SampleReport, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const texts = [
    sample.id,
    sample.question,
    sample.reference,
    ...sample.completions.flatMap(({ text, answer, reason }) => [text, answer ?? '', reason]),
  ];
  const all = texts.join('\n').toLowerCase();
  return words.every((word) => all.includes(word));
}

/** Counts the verdicts of a sample's replies. */
export function tallyOf({
  completions,
}: Pick<SampleReport, 'completions'>): { verdict: SampleVerdict; times: number }[] {
  const verdicts: SampleVerdict[] = ['right', 'wrong', 'undecided', 'unparsable'];
  return verdicts
    .map((verdict) => ({ verdict, times: completions.filter((one) => one.verdict === verdict).length }))
    .filter(({ times }) => times > 0);
}

export { classOf };
