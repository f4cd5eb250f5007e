/**
 * Which of a step's metrics a reader sees, under which name and in which unit. Names follow TRL with a
 * role before them (`challenger/reward`, `solver/kl`); the role is dropped here, since the stage says it.
 * Everything else stays in the run's database and in `--json`.
 */

import type { Stage } from '../../types.ts';
import { count, percent, significant } from './format.ts';

type Unit = 'number' | 'share' | 'count';

interface Shown {
  name: string;
  label: string;
  unit: Unit;
}

const LEARNING: Shown[] = [
  { name: 'reward', label: 'reward', unit: 'number' },
  { name: 'reward_std', label: '±', unit: 'number' },
  { name: 'valid', label: 'valid', unit: 'share' },
  { name: 'agreement', label: 'agreement', unit: 'share' },
  { name: 'uncertainty', label: 'uncertainty', unit: 'number' },
  { name: 'repetition', label: 'repetition', unit: 'number' },
  { name: 'correct', label: 'agrees with label', unit: 'share' },
  { name: 'entropy', label: 'entropy', unit: 'number' },
  { name: 'kl', label: 'KL', unit: 'number' },
  { name: 'completions/mean_length', label: 'tokens', unit: 'count' },
  { name: 'completions/clipped_ratio', label: 'cut off', unit: 'share' },
  { name: 'difficulty', label: 'difficulty', unit: 'number' },
];

const FUNNEL = ['posed', 'valid', 'distinct', 'in_band'];
const FUNNEL_LABELS = ['posed', 'valid', 'distinct', 'in band'];

const POOL: Shown[] = [
  { name: 'agreement', label: 'agreement', unit: 'share' },
  { name: 'kept_agreement', label: 'in band', unit: 'share' },
  { name: 'label_accuracy', label: 'labels right', unit: 'share' },
  { name: 'label_accuracy_all', label: 'of all', unit: 'share' },
  { name: 'difficulty', label: 'difficulty', unit: 'number' },
];

const SCORE: Shown[] = [
  { name: 'mean', label: 'right', unit: 'share' },
  { name: 'completions/mean_length', label: 'tokens', unit: 'count' },
  { name: 'completions/clipped_ratio', label: 'cut off', unit: 'share' },
  { name: 'worked', label: 'show steps', unit: 'share' },
];

const BY_STAGE: Record<Stage, Shown[]> = {
  baseline: SCORE,
  'train-challenger': LEARNING,
  propose: POOL,
  vote: POOL,
  filter: POOL,
  'train-solver': LEARNING,
  evaluate: SCORE,
};

/** The telling metrics of a stage as short texts, in reading order: `['reward 0.412 ± 0.2', 'entropy 1.2']`. */
export function metricParts(stage: Stage, metrics: Readonly<Record<string, number>>): string[] {
  const byName = new Map<string, number>();
  for (const [name, value] of Object.entries(metrics)) byName.set(withoutRole(name), value);
  const parts: string[] = [];
  const funnel = funnelOf(stage, byName);
  if (funnel !== null) parts.push(funnel);
  for (const shown of BY_STAGE[stage]) {
    const value = byName.get(shown.name);
    if (value === undefined || !Number.isFinite(value)) continue;
    if (shown.label === '±') {
      if (parts.length > 0) parts[parts.length - 1] += ` ± ${significant(value)}`;
      continue;
    }
    parts.push(`${shown.label} ${inUnit(value, shown.unit)}`);
  }
  return parts;
}

/** `posed 500 → valid 489 → distinct 470 → in band 255`: how the pool narrows down. */
function funnelOf(stage: Stage, metrics: ReadonlyMap<string, number>): string | null {
  if (stage !== 'propose' && stage !== 'vote' && stage !== 'filter') return null;
  const steps: string[] = [];
  FUNNEL.forEach((name, i) => {
    const value = metrics.get(name);
    if (value !== undefined) steps.push(`${FUNNEL_LABELS[i]} ${count(value)}`);
  });
  return steps.length < 2 ? null : steps.join(' → ');
}

function withoutRole(name: string): string {
  return name.replace(/^(challenger|solver|pool|vote|votes|filter|eval)\//, '');
}

function inUnit(value: number, unit: Unit): string {
  if (unit === 'share') return percent(value);
  return unit === 'count' ? count(value) : significant(value);
}
