/** Buttons that stop, continue, prune or delete a run, for a server that allows it. Each asks before it acts. */

import type { RunCard } from '../../../src/view/runs/types.ts';
import { deleteRun, pruneRun, resumeRun, stopRun } from '../source/control.ts';
import { AskButton } from './ask-button.tsx';
import { isResumable } from './state-words.ts';

interface Action {
  name: string;
  question: string;
  isDangerous: boolean;
  run: (id: string) => Promise<unknown>;
}

const STOP: Action = {
  name: 'Stop',
  question: 'The run stops after its current step, and can be continued later.',
  isDangerous: false,
  run: stopRun,
};
const RESUME: Action = {
  name: 'Continue',
  question: 'The run continues at its next step, in a process of its own on the machine of the server.',
  isDangerous: false,
  run: resumeRun,
};
const PRUNE: Action = {
  name: 'Prune',
  question: 'Weights that the finished run does not need are deleted. Its scores, questions and best Solver stay.',
  isDangerous: false,
  run: pruneRun,
};
const DELETE: Action = {
  name: 'Delete',
  question: 'All its files are deleted: questions, scores and weights. This cannot be undone.',
  isDangerous: true,
  run: deleteRun,
};

/** Returns what can be done with a run in its state. */
function actionsFor({ state }: RunCard): Action[] {
  if (state === 'running') return [STOP];
  return isResumable(state) ? [RESUME, DELETE] : [PRUNE, DELETE];
}

export interface ControlsProps {
  run: RunCard;
  /** Called after something was done. */
  onDone: (action: string) => void;
}

export function Controls({ run, onDone }: ControlsProps) {
  return (
    <span class="controls">
      {actionsFor(run).map((action) => (
        <AskButton
          key={action.name}
          name={action.name}
          subject={run.id}
          question={action.question}
          isDangerous={action.isDangerous}
          act={() => action.run(run.id)}
          onDone={() => onDone(action.name)}
        />
      ))}
    </span>
  );
}
