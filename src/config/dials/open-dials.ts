/** Contradictions between the settings of a run on an open domain. Pure. */

import { isSupervised } from '../phases.ts';
import type { RunConfig } from '../schema.ts';
import type { Contradiction } from './contradiction.ts';

/** Returns what contradicts in `open.*`, and which settings for right answers are set. */
export function openContradictions(config: RunConfig): Contradiction[] {
  return [
    supervised,
    planted,
    labelJudge,
    growingPool,
    labelGate,
    ...(config.open.signal === 'scores' ? [nothingScored, judgeWithoutUrl, ownWithoutModule] : [keptStep]),
  ].flatMap((rule) => rule(config) ?? []);
}

function unfit(setting: string, fix: Contradiction['fix']): Contradiction {
  return { problem: `${setting} needs right answers, which an open domain does not have`, fix };
}

function supervised(config: RunConfig): Contradiction | null {
  return isSupervised(config) ? unfit('finetune.data', { 'finetune.data': 0 }) : null;
}

function planted({ audit }: RunConfig): Contradiction | null {
  return audit.planted === 0 ? null : unfit('audit.planted', { 'audit.planted': 0 });
}

function labelJudge({ audit }: RunConfig): Contradiction | null {
  return audit.judge.url === '' ? null : unfit('audit.judge.url', { 'audit.judge.url': '' });
}

function labelGate({ solver }: RunConfig): Contradiction | null {
  return solver.labelGate ? unfit('solver.labelGate = true', { 'solver.labelGate': 'false' }) : null;
}

function growingPool({ filter }: RunConfig): Contradiction | null {
  if (filter.tooFew === 'end') return null;
  return {
    problem: `filter.tooFew = "${filter.tooFew}" changes a band of agreement, but an open domain keeps a band of percentiles`,
    fix: { 'filter.tooFew': 'end' },
  };
}

function nothingScored({ open }: RunConfig): Contradiction | null {
  if (Object.values(open.scorers).some((weight) => weight !== 0)) return null;
  return {
    problem: 'open.signal = "scores" needs a scorer, but every weight in open.scorers is 0',
    fix: { 'open.scorers.likelihood': 1 },
  };
}

function judgeWithoutUrl({ open }: RunConfig): Contradiction | null {
  if (open.scorers.judge === 0 || open.judge.url !== '') return null;
  return {
    problem: `open.scorers.judge = ${open.scorers.judge} needs a judge, but open.judge.url is empty`,
    fix: { 'open.scorers.judge': 0 },
  };
}

function ownWithoutModule({ open }: RunConfig): Contradiction | null {
  if ((open.scorers.own === 0) === (open.module === '')) return null;
  return open.module === ''
    ? {
        problem: `open.scorers.own = ${open.scorers.own} needs a scorer, but open.module is empty`,
        fix: { 'open.scorers.own': 0 },
      }
    : {
        problem: 'open.module names a scorer, but open.scorers.own = 0 does not use it',
        fix: { 'open.scorers.own': 1 },
      };
}

/** Pairs may be too few for all steps, so that a step that is kept may not exist. */
function keptStep({ solver }: RunConfig): Contradiction | null {
  if (solver.keepStep === 0) return null;
  return {
    problem: `solver.keepStep = ${solver.keepStep} names a step, but with open.signal = "hints" the number of steps depends on the pairs that are kept`,
    fix: { 'solver.keepStep': 0 },
  };
}
