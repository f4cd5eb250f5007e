/** Compares words that stand for a set, with each other and with the set's sign. See `../read/wording.ts`. */
import type { Rules } from '../mode.ts';
import { wordingOf } from '../read/wording.ts';
import { different, equal, undecided, under, type Verdict } from '../verdict.ts';

/** Returns null if neither text is such words. */
export function compareWordings(a: string, b: string, rules: Rules): Verdict | null {
  const [one, other] = [wordingOf(a), wordingOf(b)];
  if (one === null && other === null) return null;
  if ((one?.set ?? a) !== (other?.set ?? b)) return different('different-value');
  if (one === null || other === null) return under(rules.wordsForSets, 'wording', equal('same'));
  if (one.among === other.among) return equal('wording');
  const named = [one.among, other.among].filter((among) => among !== null);
  // Without a word for it, the numbers are real.
  if (named.length === 1) return under(rules.wordsForSets && named[0] === 'real', 'wording', equal('same'));
  // "No integer roots" says less than "no real roots". The question may make them the same claim.
  return rules.wordsForSets ? undecided('wording') : different('different-value');
}
