/** Names the settings in which two evaluations of a task differ, because their difference measures those too. Pure. */

import type { EvaluationSettings, TaskRecord } from './log.ts';

interface Evaluated {
  settings: EvaluationSettings;
  record: Pick<TaskRecord, 'grading' | 'samples'>;
}

/** Settings of sampled answers only. */
const OF_SAMPLES = ['temperature', 'topP', 'topK', 'minP'] as const;

const TITLES: Record<string, string> = {
  temperature: 'temperature of samples',
  topP: 'top p',
  topK: 'top k',
  minP: 'min p',
};

/**
 * Returns each difference as `what: here (baseline: there)`. Seeds are left out: they change the draw, not what is
 * measured. `samePrompts`: whether the stored prompts of the compared questions are equal.
 */
export function unlikeness(
  baseline: Evaluated,
  model: Evaluated,
  { isSampled, samePrompts }: { isSampled: boolean; samePrompts: boolean },
): string[] {
  const differences: [what: string, here: unknown, there: unknown][] = [
    ['grading', model.record.grading, baseline.record.grading],
    ['longest reply', tokens(model.settings), tokens(baseline.settings)],
    ['chat template', model.settings.text ?? 'as it is', baseline.settings.text ?? 'as it is'],
    ...(isSampled
      ? ([
          ['samples per question', model.record.samples, baseline.record.samples],
          ...OF_SAMPLES.map((name) => [TITLES[name], model.settings[name], baseline.settings[name]]),
        ] as [string, unknown, unknown][])
      : []),
  ];
  const named = differences
    .filter(([, here, there]) => here !== there)
    .map(([what, here, there]) => line(what, here, there));
  return samePrompts ? named : [promptsLine(model.settings, baseline.settings), ...named];
}

function promptsLine({ prompts: here }: EvaluationSettings, { prompts: there }: EvaluationSettings): string {
  return here === there ? `prompts: another version of those of ${here}` : line('prompts', here, there);
}

function line(what: string, here: unknown, there: unknown): string {
  return `${what}: ${String(here)} (baseline: ${String(there)})`;
}

function tokens({ maxTokens }: EvaluationSettings): string {
  return maxTokens === null ? 'by task' : `${maxTokens} tokens`;
}
