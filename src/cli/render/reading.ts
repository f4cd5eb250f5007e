/**
 * Describes the result of a run in short sentences: what changed and by how much, how sure that is, where it comes from,
 * and what it does not show. It separates elicitation (the base reaches the score when it is made to show steps) from
 * sharpening (a gain that remains when both are made to show steps). Pure. The limits are in `limits.ts`.
 */

import { type Gain, isSignificant, pairedGain } from '../../eval/paired.ts';
import type { IterationSummary, RunSummary } from '../../events.ts';
import { count, gainBounds, gainPoints, gainText, hanging, percent, percentage, pValue, wrap } from './format.ts';
import { limitsOf } from './limits.ts';

/** What is known of a run when its result is read. */
export interface ReadRun extends Partial<Pick<RunSummary, 'outcome' | 'supervised' | 'usage'>> {
  iterations: readonly IterationSummary[];
  /** The best iteration, chosen without labels; null = none is chosen yet, and the newest is read. */
  best: number | null;
}

/** The result as lines of at most `columns`. */
export function reading(run: ReadRun, columns: number): string[] {
  const base = run.iterations.find((row) => row.iteration === 0);
  const trained = run.iterations.filter((row) => row.iteration > 0);
  if (trained.length === 0) {
    return wrap('No iteration has finished, so there is no comparison with the base.', columns);
  }
  const chosen = trained.find((row) => row.iteration === run.best) ?? trained[trained.length - 1];
  if (base === undefined || base.evaluation.questions === 0 || chosen.evaluation.questions === 0) {
    return wrap(
      'No held-out questions were evaluated (evaluation.questions = 0), so it is unknown whether the model improved.',
      columns,
    );
  }
  const gain = gainOver(base.evaluation.perQuestion, chosen.evaluation.perQuestion);
  return [
    ...wrap(changeOf(base, chosen, gain), columns),
    ...[certaintyOf(gain, base), ...sourceOf(base, chosen, gain), bestOf(chosen, trained, run)]
      .filter((sentence) => sentence !== '')
      .flatMap((sentence) => hanging('  ', sentence, columns)),
    '',
    'It does not show',
    ...limitsOf(run, chosen).flatMap((limit) => hanging('- ', limit, columns)),
  ];
}

/** Computes the gain over the same questions; null if the lists cannot be paired. */
function gainOver(before: readonly number[], after: readonly number[]): Gain | null {
  return before.length === 0 || before.length !== after.length ? null : pairedGain(before, after);
}

function changeOf(base: IterationSummary, chosen: IterationSummary, gain: Gain | null): string {
  const from = percent(base.evaluation.mean.value);
  const to = percent(chosen.evaluation.mean.value);
  const scores = `${from} of the base's answers to held-out questions are right, and ${to} after iteration ${chosen.iteration}`;
  if (gain === null) return `No verdict: ${scores}. They were not measured on the same questions.`;
  const size = ` (${gainPoints(gain)} points).`;
  if (!isSignificant(gain)) return `No clear change: ${scores}${size}`;
  return `${gain.difference.value > 0 ? 'The model improved' : 'The model got worse'}: ${scores}${size}`;
}

/** How sure the change is: its interval, and how often chance alone would give as much. */
function certaintyOf(gain: Gain | null, base: IterationSummary): string {
  if (gain === null) return '';
  const sure = `95 % interval of the difference: ${gainBounds(gain).join(' to ')} points.`;
  const luck = `Chance alone gives a difference this large ${oddsOf(gain.p)} (${pValue(gain.p)}).`;
  if (isSignificant(gain)) return `${sure} ${luck}`;
  const { low, high } = gain.difference;
  const unseen = percentage((high - low) / 2, 0);
  if (unseen === '0') return `${sure} ${luck}`;
  const size = `With ${count(base.evaluation.questions)} questions, this test cannot see less than about ${unseen} points.`;
  return `${sure} ${luck} ${size}`;
}

/** A p-value in words, without a verdict. */
export function oddsOf(p: number): string {
  if (p < 0.001) return 'less than once in 1,000 times';
  if (p > 0.5) return 'in most cases';
  const [times, of] = p < 0.01 ? [Math.round(p * 1000), '1,000'] : [Math.round(p * 100), '100'];
  return times === 1 ? `about once in ${of} times` : `about ${times} times in ${of}`;
}

/** Whether the gain can be elicitation, and what remains when both models show their steps. */
function sourceOf(base: IterationSummary, chosen: IterationSummary, total: Gain | null): string[] {
  const { forced, perQuestionForced: before } = base.evaluation;
  const after = chosen.evaluation.perQuestionForced;
  if (forced === null || before === null || after === null) return [];
  const reach = forced.value - base.evaluation.mean.value;
  const sharpened = gainOver(before, after);
  const elicited =
    total !== null && isSignificant(total) && total.difference.value > 0 && reach > 0
      ? `The base reaches ${percent(forced.value)} if it is made to show its steps, so up to ${percent(Math.min(1, reach / total.difference.value), 0)} of the gain may be elicitation. `
      : '';
  return sharpened === null ? [elicited.trim()] : [elicited + sharpenedText(sharpened)];
}

function sharpenedText(gain: Gain): string {
  const size = `${gainText(gain).replace(' [', ' points [')}, ${pValue(gain.p)}`;
  if (!isSignificant(gain)) {
    return `With steps forced for both, there is no clear gain (${size}), so no evidence of sharpening.`;
  }
  return gain.difference.value > 0
    ? `With steps forced for both, the gain is ${size}: this part is sharpening.`
    : `With steps forced for both, the model loses (${size}).`;
}

function bestOf(chosen: IterationSummary, trained: readonly IterationSummary[], run: ReadRun): string {
  const top = trained.reduce((a, b) => (b.evaluation.mean.value > a.evaluation.mean.value ? b : a));
  const highest = `iteration ${top.iteration} has the highest score (${percent(top.evaluation.mean.value)})`;
  const isTop = top.iteration === chosen.iteration;
  // Supervised training has one iteration, and no criterion chooses it.
  if (run.best === null || run.supervised === true) return isTop ? '' : `I${highest.slice(1)}.`;
  if (run.best === 0) return `The label-free criterion prefers the base, but ${highest}.`;
  const kept = `Iteration ${chosen.iteration} is kept as best, chosen without true labels`;
  return isTop ? `${kept}.` : `${kept}, but ${highest}.`;
}
