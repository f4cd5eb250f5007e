/** The service of a run in `rzero show`: what was found out about it, and what the run used. Pure. */

import type { ServiceReport } from '../../loop/remote/service-report.ts';
import { tokensOf } from '../../loop/remote/usage.ts';
import type { EngineUsage } from '../../types.ts';
import { clean, compact, splitTable, wrap } from './format.ts';

const SHOWN = 1000;

/** One sentence, then the use by iteration as a table of at most `columns`. `--json` has every finding. */
export function serviceLines({ service, summary, usage, iterations }: ServiceReport, columns: number): string[] {
  const found = summary === null ? 'not probed' : clean(summary, SHOWN);
  const lines = wrap(`${clean(service)}: ${found}. (Everything that was found: rzero show --json)`, columns);
  if (usage === null) return lines;
  const isPriced = usage.cost !== null;
  const heading = ['used', 'requests', 'sampled', 'prefilled', 'trained', 'tokens', ...(isPriced ? ['cost'] : [])];
  const cells = (name: string, used: EngineUsage): string[] => [
    name,
    compact(used.requests),
    compact(used.sampledTokens),
    compact(used.prefilledTokens),
    compact(used.trainedTokens),
    compact(tokensOf(used)),
    ...(isPriced ? [(used.cost ?? 0).toFixed(2)] : []),
  ];
  const rows = iterations.map((one) => cells(one.iteration === 0 ? 'base' : `iteration ${one.iteration}`, one.usage));
  return [...lines, ...splitTable([heading, ...rows, cells('all', usage)], columns)];
}
