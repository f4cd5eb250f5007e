/** The gates on what the other wordings of a question and the Verifier say. Pure. */

import type { RunConfig } from '../../config/schema.ts';
import type { DropReason } from '../../types.ts';
import type { ViewSplit } from '../pool/voting.ts';

/**
 * Returns why the wordings drop a question: `unreadable` if it has none, `views-disagree` if the votes on them name
 * another answer; null if they do not, or if none were asked.
 */
export function viewsVerdict(
  views: ViewSplit | null | undefined,
  { gate, unreadable }: Pick<RunConfig['filter'], 'gate' | 'unreadable'>,
): Extract<DropReason, 'unreadable' | 'views-disagree'> | null {
  if (views === undefined) return null;
  if (views === null) return unreadable === 'drop' ? 'unreadable' : null;
  return (gate === 'views' || gate === 'both') && !views.agree ? 'views-disagree' : null;
}

/** Returns `verifier-rejects` if the Verifier does not accept the label; null if it does, or was not asked. */
export function verifierVerdict(
  accepted: boolean | undefined,
  { gate }: Pick<RunConfig['filter'], 'gate'>,
): Extract<DropReason, 'verifier-rejects'> | null {
  return (gate === 'verifier' || gate === 'both') && accepted === false ? 'verifier-rejects' : null;
}
