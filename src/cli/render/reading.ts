/**
 * Describes the result of a run in words: the gain with its interval, and whether chance explains it.
 * It separates elicitation (the base reaches the score when it is made to show steps) from sharpening (a gain
 * that remains when both are made to show steps). Pure.
 */

import { type Gain, isSignificant, pairedGain } from '../../eval/paired.ts';
import type { IterationSummary, RunSummary } from '../../events.ts';
import { gainText, percent, pValue } from './format.ts';

/** Computes the gain over the same questions; null if the lists cannot be paired. */
function gainOver(before: readonly number[], after: readonly number[]): Gain | null {
  return before.length === 0 || before.length !== after.length ? null : pairedGain(before, after);
}

/** The result in a few sentences. `isChosen` false: no best iteration has been chosen yet, and `best` is the newest. */
export function reading(summary: Pick<RunSummary, 'iterations' | 'best'>, isChosen = true): string {
  const base = summary.iterations.find((row) => row.iteration === 0);
  const trained = summary.iterations.filter((row) => row.iteration > 0);
  if (trained.length === 0) return 'No iteration has finished, so there is no comparison with the base.';
  const chosen = trained.find((row) => row.iteration === summary.best) ?? trained[trained.length - 1];
  if (base === undefined || base.evaluation.questions === 0 || chosen.evaluation.questions === 0) {
    return 'No held-out questions were evaluated (evaluation.questions = 0), so it is unknown whether the model improved.';
  }
  const parts = [
    gainClause(base, chosen),
    ...forcedClauses(base, chosen),
    bestClause(chosen, trained, isChosen ? summary.best : null),
  ];
  return parts
    .filter((part) => part !== '')
    .map((part) => `${part[0].toUpperCase()}${part.slice(1)}.`)
    .join(' ');
}

function gainClause(base: IterationSummary, chosen: IterationSummary): string {
  const gain = gainOver(base.evaluation.perQuestion, chosen.evaluation.perQuestion);
  const from = percent(base.evaluation.mean.value);
  const to = percent(chosen.evaluation.mean.value);
  const what = `after iteration ${chosen.iteration}, ${to} of sampled answers to held-out questions are right, against ${from} for the base`;
  if (gain === null) return `No verdict: ${what}, but not measured on the same questions`;
  const size = `${sized(gain)}, paired ${pValue(gain.p)}`;
  if (!isSignificant(gain)) return `No significant change: ${what} (${size})`;
  return gain.difference.value > 0 ? `The model improved: ${what} (${size})` : `The model got worse: ${what} (${size})`;
}

function forcedClauses(base: IterationSummary, chosen: IterationSummary): string[] {
  const { forced, perQuestionForced: before } = base.evaluation;
  const after = chosen.evaluation.perQuestionForced;
  if (forced === null || before === null || after === null) return [];
  const total = gainOver(base.evaluation.perQuestion, chosen.evaluation.perQuestion);
  const reach = forced.value - base.evaluation.mean.value;
  const clauses: string[] = [];
  if (total !== null && isSignificant(total) && total.difference.value > 0 && reach > 0) {
    const share = Math.min(1, reach / total.difference.value);
    clauses.push(
      `the base scores ${percent(forced.value)} when it is made to show its steps, so up to ${percent(share, 0)} of the gain may be elicitation`,
    );
  }
  const sharpened = gainOver(before, after);
  if (sharpened !== null) clauses.push(sharpenedClause(sharpened));
  return clauses;
}

function sharpenedClause(gain: Gain): string {
  const size = `${sized(gain)}, ${pValue(gain.p)}`;
  if (!isSignificant(gain))
    return `with steps forced for both, there is no significant gain, so no evidence of sharpening (${size})`;
  return gain.difference.value > 0
    ? `with steps forced for both, the gain is ${size}: this part is sharpening`
    : `with steps forced for both, the model loses (${size})`;
}

function bestClause(chosen: IterationSummary, trained: readonly IterationSummary[], best: number | null): string {
  const top = trained.reduce((a, b) => (b.evaluation.mean.value > a.evaluation.mean.value ? b : a));
  const highest = `iteration ${top.iteration} has the highest score (${percent(top.evaluation.mean.value)})`;
  if (best === null) return top.iteration === chosen.iteration ? '' : highest;
  if (best === 0) return `the label-free criterion prefers the base, but ${highest}`;
  const kept = `iteration ${chosen.iteration} is kept as best, chosen without true labels`;
  return top.iteration === chosen.iteration ? kept : `${kept}, but ${highest}`;
}

function sized(gain: Gain): string {
  return gainText(gain).replace(' [', ' points [');
}
