/** Chooses the numbers that a stage shows, with their names and units. Pure. */

import { compact, percent, significant } from '../../../../src/text/numbers.ts';
import type { Closing, StageView } from '../../../../src/view/runs/types.ts';

export interface Fact {
  name: string;
  value: string;
}

type Unit = 'number' | 'share' | 'count' | 'small' | 'verdict';
/** Name behind the role's prefix, name for display, unit. */
type Shown = readonly [metric: string, name: string, unit: Unit];

const LEARNING: readonly Shown[] = [
  ['reward', 'reward', 'number'],
  ['loss', 'loss', 'number'],
  ['form', 'with a verdict', 'share'],
  ['agreement', 'agreement', 'share'],
  ['difficulty', 'difficulty', 'number'],
  ['entropy', 'entropy', 'number'],
  ['kl', 'KL', 'small'],
  ['completions/mean_length', 'tokens', 'count'],
];

const OTHERS: Readonly<Record<string, readonly Shown[]>> = {
  propose: [
    ['pool/posed', 'posed', 'count'],
    ['pool/difficulty', 'difficulty', 'number'],
  ],
  vote: [
    ['pool/agreement', 'agreement', 'share'],
    ['pool/unanswered', 'unanswered', 'share'],
  ],
  verify: [
    ['verdicts/passes', 'test', 'verdict'],
    ['verdicts/yes', 'called right', 'share'],
    ['verdicts/caught/answer', 'answers caught', 'share'],
    ['verdicts/caught/step', 'steps caught', 'share'],
  ],
  filter: [
    ['pool/kept', 'kept', 'count'],
    ['pool/kept_agreement', 'agreement', 'share'],
    ['pool/labels_right', 'labels right', 'share'],
    ['pool/labels_computed', 'labels computed', 'count'],
    ['pool/labels_ill_posed', 'ill-posed', 'share'],
  ],
};

/** Most numbers that fit into the picture. */
const MOST = 4;

/** Returns up to four numbers of a stage, the telling ones first. `closing`: that of the iteration. */
export function stageFacts(stage: StageView, closing: Closing | null): Fact[] {
  if (stage.stage === 'evaluate' || stage.stage === 'baseline') return scoreFacts(stage, closing);
  const shown =
    OTHERS[stage.stage] ?? LEARNING.map(([metric, ...rest]): Shown => [`${prefixOf(stage)}/${metric}`, ...rest]);
  const facts = shown.flatMap(([metric, name, unit]): Fact[] => {
    const value = stage.metrics[metric];
    if (value === undefined || !Number.isFinite(value)) return [];
    const spread = metric.endsWith('/reward') ? stage.metrics[`${metric}_std`] : undefined;
    const text = spread === undefined ? inUnit(value, unit) : `${value.toFixed(2)} ± ${spread.toFixed(2)}`;
    return [{ name, value: text }];
  });
  return facts.slice(0, MOST);
}

function scoreFacts({ metrics, state }: StageView, closing: Closing | null): Fact[] {
  if (closing !== null) {
    const { mean, majority, greedy, samples } = closing.evaluation;
    return [
      { name: `mean@${samples}`, value: percent(mean.value) },
      { name: `majority@${samples}`, value: percent(majority.value) },
      { name: 'greedy', value: percent(greedy.value) },
    ];
  }
  const sofar = metrics['eval/mean'];
  return sofar === undefined || state === 'waiting' ? [] : [{ name: 'right so far', value: percent(sofar) }];
}

function prefixOf({ metrics, role }: StageView): string {
  const reward = Object.keys(metrics).find((name) => /^[^/]+\/reward$/.test(name));
  return reward?.split('/', 1)[0] ?? role ?? '';
}

function inUnit(value: number, unit: Unit): string {
  switch (unit) {
    case 'share':
      return percent(value, 0);
    case 'verdict':
      return value === 1 ? 'passed' : 'failed';
    case 'count':
      return compact(value);
    case 'small':
      return Math.abs(value) < 0.00005 ? '0' : value.toFixed(4);
    case 'number':
      return significant(value);
  }
}
