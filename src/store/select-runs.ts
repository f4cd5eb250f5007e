/** Selects runs of a listing by their properties. Pure. */

import type { RunListing } from './runs.ts';

/** Conditions; a run must meet all that are given. */
export interface RunFilter {
  /** `finished`, `unfinished`, `running`, … */
  state?: string;
  domain?: string;
  /** Part of the model's name, ignoring case. */
  model?: string;
  /** Part of the id, the model or the domain, ignoring case. */
  text?: string;
}

/** All states of a run in a listing. */
export const RUN_STATES = [
  'finished',
  'unfinished',
  'running',
  'stopped',
  'failed',
  'crashed',
  'too-few-questions',
  'collapsed',
  'broken',
] as const satisfies readonly RunListing['outcome'][];

/** Returns whether a run has come to its end. Others can be continued and need their weights. */
export function hasEnded({ outcome }: Pick<RunListing, 'outcome'>): boolean {
  return outcome === 'finished' || outcome === 'too-few-questions' || outcome === 'collapsed';
}

/** Returns the runs that meet the filter, in order. A broken run has only an id and a state. */
export function selectRuns<T extends RunListing>(runs: readonly T[], filter: RunFilter): T[] {
  const has = (value: string, part: string | undefined): boolean =>
    part === undefined || value.toLowerCase().includes(part.toLowerCase());
  return runs.filter((run) => {
    const { model, domain } = run.outcome === 'broken' ? { model: '', domain: '' } : run;
    return (
      (filter.state === undefined || run.outcome === filter.state) &&
      (filter.domain === undefined || domain === filter.domain) &&
      has(model, filter.model) &&
      has([run.id, model, domain].join('\n'), filter.text)
    );
  });
}
