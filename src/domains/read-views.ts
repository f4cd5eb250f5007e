/** Asks a domain for views, and checks what a custom one returns. */

import { ConfigError } from '../errors.ts';
import type { Domain, QuestionView } from './domain.ts';

/** Kinds become parts of names of metrics. */
const KIND = /^[a-z][a-z0-9+-]{0,39}$/i;

/**
 * Returns up to `count` views of a question, without the question itself and without repeats; none if the domain has no
 * views, or cannot read the text.
 * @throws ConfigError if the domain returns anything else than views
 */
export function readViews(domain: Domain, question: string, count: number, seed: number): QuestionView[] {
  const views: unknown = domain.views?.(question, count, seed) ?? [];
  if (!Array.isArray(views) || !views.every(isView)) {
    throw new ConfigError(
      `The domain ${domain.name} returned views that are not a list of { kind, text }.`,
      'Return a list such as [{ kind: "names", text: "…" }] from its views, empty for a question that it cannot read.',
    );
  }
  const seen = new Set([question]);
  return views.filter(({ text }) => !seen.has(text) && seen.add(text)).slice(0, count);
}

function isView(value: unknown): value is QuestionView {
  if (typeof value !== 'object' || value === null) return false;
  const member = (name: keyof QuestionView): unknown => Reflect.get(value, name);
  const [kind, text, back] = [member('kind'), member('text'), member('back')];
  return (
    typeof kind === 'string' &&
    KIND.test(kind) &&
    typeof text === 'string' &&
    text.trim() !== '' &&
    (back === undefined || typeof back === 'function')
  );
}
