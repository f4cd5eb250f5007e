/** What a user can do after a run: commands, each with a line that says what for. Pure. */

import { join } from 'node:path';
import type { RunSummary } from '../../events.ts';
import { doublingOption } from '../../loop/remote/budget.ts';
import { tokensOf } from '../../loop/remote/usage.ts';
import { newRunCommand } from '../../store/failures.ts';
import { shellWord } from '../../text/shell.ts';
import { commandLines, shownPath, wrap } from './format.ts';
import type { SummaryStyle } from './summary.ts';

/** Returns a run's name for the command line: its id, or its folder if it is outside `runsDir`. */
export function runName(id: string, dir: string, runsDir: string): string {
  return dir === join(runsDir, id) ? id : dir;
}

/** The option that doubles a spent budget; empty if the run stopped for another reason. */
function raised({ budgetSpent, usage }: RunSummary): string {
  if (budgetSpent === undefined || usage === undefined) return '';
  return ` ${doublingOption(budgetSpent, budgetSpent === 'tokens' ? tokensOf(usage) : (usage.cost ?? 0))}`;
}

const LARGEST_SEED = 0xffffffff;

/** The next steps of a run by its outcome, with a heading. */
export function nextSteps(
  summary: RunSummary,
  { palette, columns, program, runsDir, seed = 1 }: SummaryStyle,
): string[] {
  const id = shellWord(runName(summary.runId, summary.runDir, runsDir));
  const again = newRunCommand(shownPath(summary.runDir, runsDir), program);
  const isSupervised = summary.supervised === true;
  const anotherSeed: [string, string] = [
    `${again} --seed ${(seed % LARGEST_SEED) + 1}`,
    'another seed: single runs vary by several points',
  ];
  const challenger: [string, string] = [`${program} chat ${id} --role challenger`, 'see what its Challenger writes'];
  const next: Record<RunSummary['outcome'], [command: string, what: string][]> = {
    stopped: [[`${program} resume ${id}${raised(summary)}`, 'continue at the next step']],
    'too-few-questions': [
      [`${program} show ${id}`, 'the questions, and why they were dropped'],
      ...(isSupervised ? [] : [challenger]),
    ],
    collapsed: [
      [`${program} show ${id}`, 'the notices and the metrics around them'],
      ...(isSupervised ? [] : [challenger]),
      [`${again} --set monitors.action=rollback`, 'a new run that rolls such a phase back and goes on'],
    ],
    finished: [
      [`${program} show ${id}`, 'scores, dropped questions and labels of every iteration'],
      [`${program} chat ${id}`, 'ask the Solver a question'],
      ...(isSupervised ? [] : [anotherSeed]),
    ],
  };
  return [
    summary.outcome === 'stopped' ? 'To continue:' : 'Next steps:',
    ...next[summary.outcome].flatMap(([command, what]) => [
      ...commandLines(command, columns, '  ').map((line) => palette.bold(line)),
      ...wrap(what, columns, '      '),
    ]),
  ];
}
