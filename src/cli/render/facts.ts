import type { Finding } from '../../models/facts/finding.ts';
import { clean, wrap } from './format.ts';

/** The contradictions between the facts of a model, one paragraph each; empty if there are none. */
export function factLines(facts: readonly Finding[], columns: number): string[] {
  if (facts.length === 0) return [];
  const lines = facts.flatMap(({ found, advice }) => wrap(`! ${clean(`${found} ${advice}`, 2000)}`, columns, '  '));
  return ['', 'Facts about the model that contradict each other', ...lines];
}
