/** Texts about a run's service: what it has used of it, and that it waits for it. */

import type { RunEvent } from '../../events.ts';
import { tokensOf } from '../../loop/remote/usage.ts';
import type { EngineUsage } from '../../types.ts';
import { clean, compact, duration } from './format.ts';

/** The total in a few words: `12.3 M tokens, cost 4.10`. */
export function usageText(usage: EngineUsage): string {
  return `${compact(tokensOf(usage))} tokens${costText(usage)}`;
}

/** The total in full, for the end of a run. */
export function usageLine(usage: EngineUsage): string {
  const { requests, sampledTokens, prefilledTokens, trainedTokens } = usage;
  const parts = [`${compact(sampledTokens)} sampled`, `${compact(prefilledTokens)} prefilled`];
  return `Used of the service: ${compact(tokensOf(usage))} tokens (${parts.join(', ')}, ${compact(trainedTokens)} trained) in ${compact(requests)} requests${costText(usage)}.`;
}

/** `waiting for http://localhost:8000 · connection refused · 1 min 05 s`. */
export function waitingLine({ service, reason, seconds }: Extract<RunEvent, { type: 'waiting' }>): string {
  return [`waiting for ${clean(service)}`, clean(reason, 200), duration(seconds)].join(' · ');
}

function costText({ cost }: EngineUsage): string {
  return cost === null ? '' : `, cost ${cost.toFixed(2)}`;
}
