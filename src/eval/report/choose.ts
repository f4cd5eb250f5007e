/**
 * Selects the samples of a page if there are too many: the same number of places per verdict, evenly spread over the
 * task, so that rare verdicts are included. Omitted samples are counted for a visible note.
 */

import type { SampleReport, SampleVerdict } from './report.ts';

export interface SampleLimits {
  /** Maximum number of samples per task. */
  samples: number;
  /** Maximum number of completions per sample. */
  completions: number;
  /** Maximum length of a completion, prompt, question or reference, in UTF-16 units. */
  characters: number;
  /** Maximum total length of the texts of one task. */
  taskCharacters: number;
}

export const SAMPLE_LIMITS: SampleLimits = {
  samples: 200,
  completions: 5,
  characters: 6000,
  taskCharacters: 3_000_000,
};

export type SampleClass = 'right' | 'wrong' | 'undecided';

/** Returns the verdict that a filter uses for a sample: the worst one among its completions. */
export function classOf(completions: readonly { verdict: SampleVerdict }[]): SampleClass {
  const verdicts = completions.map(({ verdict }) => verdict);
  if (verdicts.includes('undecided')) return 'undecided';
  return verdicts.every((verdict) => verdict === 'right') && verdicts.length > 0 ? 'right' : 'wrong';
}

/** Selects the samples to show, in order, each with the allowed number of completions. */
export function chooseSamples(samples: readonly SampleReport[], limits: SampleLimits): SampleReport[] {
  let places = limits.samples;
  for (;;) {
    const chosen = spread(samples, places).map((sample) => ({
      ...sample,
      completions: chooseCompletions(sample.completions, limits.completions),
    }));
    const size = chosen.reduce((sum, sample) => sum + sizeOf(sample, limits.characters), 0);
    if (size <= limits.taskCharacters || places <= 1) return chosen;
    places = Math.max(1, Math.floor(Math.min(places, chosen.length) * Math.min(0.9, limits.taskCharacters / size)));
  }
}

function spread(samples: readonly SampleReport[], places: number): SampleReport[] {
  const kept = spreadPlaces(
    samples.map((sample) => classOf(sample.completions)),
    places,
  );
  return samples.filter((_, at) => kept.has(at));
}

/** Returns the indices of at most `places` members, equally many per class, evenly spread; all members if they fit. */
export function spreadPlaces(classes_N: readonly SampleClass[], places: number): Set<number> {
  if (classes_N.length <= places) return new Set(classes_N.keys());
  const positions: Record<SampleClass, number[]> = { undecided: [], wrong: [], right: [] };
  classes_N.forEach((name, at) => positions[name].push(at));
  // Smallest class first: the places that it does not need go to the others.
  const classes = Object.values(positions).sort((a, b) => a.length - b.length);
  const kept = new Set<number>();
  classes.forEach((members, i) => {
    const share = Math.min(members.length, Math.floor((places - kept.size) / (classes.length - i)));
    for (let k = 0; k < share; k++) kept.add(members[Math.floor((k * members.length) / share)]);
  });
  return kept;
}

/** Returns the first completions, and one of each verdict if there is room. */
export function chooseCompletions<T extends { verdict: SampleVerdict }>(
  completions: readonly T[],
  places: number,
): T[] {
  if (completions.length <= places) return [...completions];
  const firsts = new Set<number>([0]);
  for (const verdict of ['right', 'wrong', 'undecided', 'unparsable']) {
    const at = completions.findIndex((completion) => completion.verdict === verdict);
    if (at >= 0) firsts.add(at);
  }
  const order = [...firsts, ...completions.keys()];
  const kept = new Set([...new Set(order)].slice(0, places));
  return completions.filter((_, at) => kept.has(at));
}

function sizeOf(sample: SampleReport, longest: number): number {
  const texts = [
    sample.question,
    sample.reference,
    ...sample.prompt.map(({ content }) => content),
    ...sample.completions.flatMap(({ text, answer, reason }) => [text, answer ?? '', reason]),
  ];
  return texts.reduce((sum, text) => sum + Math.min(longest, text.length), 0);
}
