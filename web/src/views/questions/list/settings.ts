/** The filters of the list as settings of the address, and back. Pure. */

import { QUESTION_SORTS, type QuestionQuery } from '../../../../../src/view/questions/types.ts';
import { DROPPED } from '../parts/words.ts';

/** Names of the settings that filter or sort. */
export const FILTERS = ['search', 'iterations', 'origin', 'low', 'high', 'verdict', 'label'] as const;

/** Reads the filters from an address. What is not valid does not filter. */
export function queryOf(settings: URLSearchParams): QuestionQuery {
  const query: QuestionQuery = {};
  const search = (settings.get('search') ?? '').trim();
  if (search !== '') query.search = search.slice(0, 500);
  const iterations = (settings.get('iterations') ?? '').split(',').filter((part) => /^\d{1,6}$/.test(part));
  if (iterations.length > 0) query.iterations = iterations.map(Number);
  const origin = settings.get('origin');
  if (origin === 'pool' || origin === 'training') query.origin = origin;
  const [low, high] = [percentOf(settings.get('low'), 0), percentOf(settings.get('high'), 100)];
  if (low > 0 || high < 100) query.agreement = [low / 100, high / 100];
  const verdict = settings.get('verdict') ?? '';
  if (isVerdict(verdict)) query.verdict = verdict;
  const label = settings.get('label');
  if (label === 'right' || label === 'wrong' || label === 'ill-posed') query.label = label;
  const sort = QUESTION_SORTS.find((known) => known === settings.get('sort'));
  if (sort !== undefined && sort !== 'order') query.sort = sort;
  if (settings.get('order') === 'down') query.descending = true;
  return query;
}

function percentOf(text: string | null, otherwise: number): number {
  const value = Number(text ?? '');
  return text === null || text === '' || !(value >= 0 && value <= 100) ? otherwise : value;
}

function isVerdict(text: string): text is NonNullable<QuestionQuery['verdict']> {
  return text === 'kept' || Object.hasOwn(DROPPED, text);
}

/** Returns whether an address filters at all. */
export function isFiltered(settings: URLSearchParams): boolean {
  return FILTERS.some((name) => settings.has(name));
}

/** Returns the setting `iterations` after a press on one of them. */
export function toggled(iterations: readonly number[] | undefined, iteration: number): string {
  const set = new Set(iterations);
  if (!set.delete(iteration)) set.add(iteration);
  return [...set].toSorted((a, b) => a - b).join(',');
}
