/**
 * Selects the metrics of a step that are shown, with their labels and units. Metric names follow TRL with the role
 * as prefix (`challenger/reward`, `solver/kl`); the prefix is dropped here, since the stage names the role.
 * All metrics are in the run's database and in `--json`.
 */

import { ALL_ROLES, VERIFIER_STAGES } from '../../roles.ts';
import type { StageName } from '../../types.ts';
import { count, percent, significant } from '../render/format.ts';

type Unit = 'number' | 'share' | 'count' | 'small' | 'verdict';

interface Shown {
  name: string;
  label: string;
  unit: Unit;
  /** Joined to the part before it, as `± 0.2` or `(all 82 %)`. */
  joined?: [open: string, close: string];
  /** Hidden when zero. */
  unlessZero?: boolean;
  /** The stages in which it is also shown without `verbose`. */
  always?: (stage: StageName) => boolean;
}

const everywhere = (): boolean => true;

const LEARNING: Shown[] = [
  { name: 'reward', label: 'reward', unit: 'number', always: everywhere },
  { name: 'reward_std', label: '', unit: 'number', joined: [' ± ', ''] },
  { name: 'loss', label: 'loss', unit: 'number', always: everywhere },
  { name: 'valid', label: 'valid', unit: 'share' },
  { name: 'form', label: 'with a verdict', unit: 'share', always: everywhere },
  { name: 'agreement', label: 'agreement', unit: 'share', always: everywhere },
  { name: 'margin', label: 'margin', unit: 'number', always: everywhere },
  { name: 'accuracy', label: 'prefers the chosen', unit: 'share', always: everywhere },
  { name: 'variety', label: 'variety', unit: 'share', always: everywhere },
  { name: 'entropy', label: 'entropy', unit: 'number' },
  { name: 'kl', label: 'KL', unit: 'small' },
  { name: 'completions/mean_length', label: 'tokens', unit: 'count' },
  { name: 'completions/clipped_ratio', label: 'cut off', unit: 'share', unlessZero: true, always: everywhere },
  { name: 'label_gate/passed', label: 'label gate passed', unit: 'share', always: everywhere },
  { name: 'difficulty', label: 'difficulty', unit: 'number' },
];

const FUNNEL = ['posed', 'valid', 'distinct', 'in_band'];
const FUNNEL_LABELS = ['posed', 'valid', 'distinct', 'in band'];

const POOL: Shown[] = [
  { name: 'agreement', label: 'agreement', unit: 'share', always: (stage) => stage === 'vote' },
  { name: 'spread', label: 'spread', unit: 'number' },
  { name: 'shift', label: 'shift of the hints', unit: 'number', always: everywhere },
  { name: 'labels_computed', label: 'labels computed', unit: 'count' },
  { name: 'labels_right', label: 'labels right', unit: 'share' },
  { name: 'labels_right_all', label: '', unit: 'share', joined: [' of kept (', ' of all)'] },
  { name: 'labels_ill_posed', label: 'ill-posed', unit: 'share' },
  { name: 'labels_ill_posed_all', label: '', unit: 'share', joined: [' of kept (', ' of all)'] },
  { name: 'views/agree', label: 'both halves agree', unit: 'share', always: everywhere },
  { name: 'audit/planted/label_accuracy', label: 'planted right', unit: 'share', always: everywhere },
  { name: 'audit/judge/labels_right', label: 'judged right', unit: 'share', always: everywhere },
  { name: 'audit/views/confirmed', label: 'other wordings agree', unit: 'share', always: everywhere },
  { name: 'audit/views/confirmed_low', label: '', unit: 'share', joined: [' [', ''], always: everywhere },
  { name: 'audit/views/confirmed_high', label: '', unit: 'share', joined: [', ', ']'], always: everywhere },
  { name: 'audit/views/auc', label: 'AUC', unit: 'number' },
  { name: 'difficulty', label: 'difficulty', unit: 'number' },
];

const SCORE: Shown[] = [
  { name: 'quality', label: 'hidden quality so far', unit: 'share', always: everywhere },
  { name: 'mean', label: 'right so far', unit: 'share', always: everywhere },
  { name: 'completions/mean_length', label: 'tokens', unit: 'count' },
  { name: 'completions/clipped_ratio', label: 'cut off', unit: 'share', unlessZero: true, always: everywhere },
];

const VERDICTS: Shown[] = [
  { name: 'passes', label: 'test', unit: 'verdict', always: everywhere },
  { name: 'yes', label: 'called right', unit: 'share', always: everywhere },
  { name: 'caught/answer', label: 'caught: answers', unit: 'share', always: everywhere },
  { name: 'caught/step', label: '', unit: 'share', joined: [', steps ', ''], always: everywhere },
  { name: 'caught/operator', label: '', unit: 'share', joined: [', signs ', ''], always: everywhere },
  { name: 'caught/mismatch', label: '', unit: 'share', joined: [', others ', ''], always: everywhere },
  { name: 'stable', label: 'stable', unit: 'share' },
  { name: 'judge_gap', label: 'judge gap', unit: 'share' },
  { name: 'auc/verifier', label: 'AUC', unit: 'number' },
  { name: 'accepted', label: 'labels accepted', unit: 'share', always: everywhere },
];

const POOL_STAGES: ReadonlySet<string> = new Set(['propose', 'vote', 'filter']);
const SCORE_STAGES: ReadonlySet<string> = new Set(['baseline', 'evaluate']);

/** Returns whether a stage works on the pool of questions. */
export function isPoolStage(stage: StageName): boolean {
  return POOL_STAGES.has(stage);
}

/** Returns whether a stage trains a role: it is neither a stage of the pool nor an evaluation. */
export function isTrainingStage(stage: StageName): boolean {
  return !POOL_STAGES.has(stage) && !SCORE_STAGES.has(stage) && stage !== VERIFIER_STAGES[1];
}

/** Returns a stage's metrics in reading order; the training metrics for stages that are neither pool nor evaluation. */
function shownIn(stage: StageName): Shown[] {
  if (stage === VERIFIER_STAGES[1]) return VERDICTS;
  if (isTrainingStage(stage)) return LEARNING;
  return isPoolStage(stage) ? POOL : SCORE;
}

/**
 * The main metrics of a stage as short texts, in reading order: `['reward 0.412 ± 0.2', 'entropy 1.2']`. Without
 * `verbose`, only the few that a first reader needs.
 */
export function metricParts(stage: StageName, metrics: Readonly<Record<string, number>>, verbose: boolean): string[] {
  const byName = new Map<string, number>();
  for (const [name, value] of Object.entries(metrics)) byName.set(withoutPrefix(name), value);
  const parts: string[] = [];
  const funnel = funnelOf(stage, byName);
  if (funnel !== null) parts.push(funnel);
  for (const [name, value] of byName) {
    const task = /^task\/([^/]+)\/score$/.exec(name);
    if (task !== null) parts.push(`${task[1]} ${percent(value)}`);
    // Mean scores of an open domain: the reward is relative to the group, so that its mean says nothing.
    const scorer = /^scores\/([^/]+)$/.exec(name);
    if (scorer !== null) parts.push(`${scorer[1]} ${significant(value)}`);
  }
  // A joined metric belongs to the one listed before it, and is left out with it.
  let open = false;
  for (const shown of shownIn(stage).filter(({ always }) => verbose || always?.(stage) === true)) {
    const value = byName.get(shown.name);
    if (value === undefined || !Number.isFinite(value) || (shown.unlessZero && value === 0)) {
      open = shown.joined !== undefined && open;
      continue;
    }
    const text = inUnit(value, shown.unit);
    if (shown.joined === undefined) parts.push(`${shown.label} ${text}`);
    else if (open) parts[parts.length - 1] += shown.joined.join(text);
    open = shown.joined === undefined || open;
  }
  return parts;
}

/** `posed 500 → valid 489 → distinct 470 → in band 255`: the questions left after each check. */
function funnelOf(stage: StageName, metrics: ReadonlyMap<string, number>): string | null {
  if (!isPoolStage(stage)) return null;
  const steps: string[] = [];
  FUNNEL.forEach((name, i) => {
    const value = metrics.get(name);
    if (value !== undefined) steps.push(`${FUNNEL_LABELS[i]} ${count(value)}`);
  });
  return steps.length < 2 ? null : steps.join(' → ');
}

const PREFIXES: ReadonlySet<string> = new Set([...ALL_ROLES.map(({ metrics }) => metrics), 'pool', 'eval', 'verdicts']);

function withoutPrefix(name: string): string {
  const prefix = name.slice(0, name.indexOf('/'));
  return PREFIXES.has(prefix) ? name.slice(prefix.length + 1) : name;
}

function inUnit(value: number, unit: Unit): string {
  switch (unit) {
    case 'share':
      return percent(value, 0);
    case 'verdict':
      return value === 1 ? 'passed' : 'failed';
    case 'count':
      return count(value);
    case 'small':
      return Math.abs(value) < 0.00005 ? '0' : value.toFixed(4);
    case 'number':
      // Sums that cancel leave rounding errors.
      return significant(Math.abs(value) < 1e-12 ? 0 : value);
  }
}
