/** Buttons that stop, continue or delete a run, for a server that allows it. Each asks before it acts. */

import { useRef, useState } from 'preact/hooks';
import type { RunCard } from '../../../src/view/runs/types.ts';
import { deleteRun, resumeRun, stopRun } from '../source/control.ts';
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
const DELETE: Action = {
  name: 'Delete',
  question: 'All its files are deleted: questions, scores and weights. This cannot be undone.',
  isDangerous: true,
  run: deleteRun,
};

/** Returns what can be done with a run in its state. */
function actionsFor({ state }: RunCard): Action[] {
  if (state === 'running') return [STOP];
  return isResumable(state) ? [RESUME, DELETE] : [DELETE];
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
        <Control key={action.name} action={action} id={run.id} onDone={onDone} />
      ))}
    </span>
  );
}

interface ControlProps extends Pick<ControlsProps, 'onDone'> {
  action: Action;
  id: string;
}

function Control({ action: { name, question, isDangerous, run }, id, onDone }: ControlProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<{ isBusy: boolean; error: string | null }>({ isBusy: false, error: null });
  const act = async (): Promise<void> => {
    setState({ isBusy: true, error: null });
    try {
      await run(id);
      setState({ isBusy: false, error: null });
      dialog.current?.close();
      onDone(name);
    } catch (cause) {
      setState({ isBusy: false, error: cause instanceof Error ? cause.message : String(cause) });
    }
  };
  const tone = isDangerous ? 'danger' : '';
  return (
    <>
      <button type="button" class={`small ${tone}`} onClick={() => dialog.current?.showModal()}>
        {name}
        <span class="unseen"> {id}</span>
      </button>
      <dialog ref={dialog} class="ask" aria-label={`${name} ${id}?`}>
        <h2>
          {name} <bdi>{id}</bdi>?
        </h2>
        <p>{question}</p>
        {state.error !== null && (
          <p class="ask-error" role="alert">
            <bdi>{state.error}</bdi>
          </p>
        )}
        <div class="ask-buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="button" class={isDangerous ? 'danger' : 'primary'} disabled={state.isBusy} onClick={act}>
            {state.isBusy ? 'Please wait …' : name}
          </button>
        </div>
      </dialog>
    </>
  );
}
