/** What the result of a run does not show. Pure; the numbers behind each limit are those of the run. */

import type { IterationSummary, RunSummary } from '../../events.ts';
import { rightShare } from '../../loop/pool/label-counts.ts';
import { clean, count, percent } from './format.ts';

type Limited = Partial<Pick<RunSummary, 'outcome' | 'supervised' | 'usage'>>;

/** One entry per limit, without the verb: the reader prints them below "It does not show". */
export function limitsOf(run: Limited, chosen: IterationSummary): string[] {
  const { questions, task } = chosen.evaluation;
  return [
    ...early(run),
    'what another seed gives: single runs vary by several points.',
    `other subjects: the test is ${count(questions)} questions of the domain ${clean(task, 40)}.`,
    run.supervised === true ? 'what the model learns by itself: the answers were given.' : ofLabels(chosen),
    ...(run.usage === undefined ? [] : ['a repeat: a service need not give the same numbers for the same seed.']),
  ];
}

function early({ outcome }: Limited): string[] {
  switch (outcome) {
    case 'collapsed':
      return ['the phase that a monitor ended: these scores are of the iterations before.'];
    case 'stopped':
      return ['the rest of the run: it was stopped, and only finished iterations count.'];
    case 'too-few-questions':
      return ['later iterations: too few questions passed the filter to go on.'];
    case 'finished':
    case undefined:
      return [];
  }
}

function ofLabels({ iteration, labels }: IterationSummary): string {
  if (labels?.computed) return 'tasks whose answers no program can check: code computed every label.';
  const share = labels === null ? null : rightShare(labels);
  return share === null
    ? 'how many labels were right: no oracle checked these majority votes.'
    : `what true labels would give: of iteration ${iteration}'s labels, ${percent(share)} were right.`;
}
