/** A button that asks before it acts, and shows why the server refused. */

import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';

export interface AskButtonProps {
  /** What the button does, in one word or two. */
  name: string;
  /** What it does it to; absent if the name says it all. */
  subject?: string;
  question: string;
  isDangerous?: boolean;
  act: () => Promise<unknown>;
  /** Called after it was done. */
  onDone: () => void;
  /** Fields of the question. */
  children?: ComponentChildren;
}

export function AskButton({ name, subject, question, isDangerous = false, act, onDone, children }: AskButtonProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<{ isBusy: boolean; error: string | null }>({ isBusy: false, error: null });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setState({ isBusy: true, error: null });
    try {
      await act();
      setState({ isBusy: false, error: null });
      dialog.current?.close();
      onDone();
    } catch (cause) {
      setState({ isBusy: false, error: cause instanceof Error ? cause.message : String(cause) });
    }
  };
  return (
    <>
      <button type="button" class={`small ${isDangerous ? 'danger' : ''}`} onClick={() => dialog.current?.showModal()}>
        {name}
        {subject !== undefined && <span class="unseen"> {subject}</span>}
      </button>
      <dialog ref={dialog} class="ask" aria-label={subject === undefined ? name : `${name} ${subject}?`}>
        <form onSubmit={submit}>
          <h2>
            {name}
            {subject !== undefined && (
              <>
                {' '}
                <bdi>{subject}</bdi>?
              </>
            )}
          </h2>
          <p>{question}</p>
          {children}
          {state.error !== null && (
            <p class="ask-error" role="alert">
              <bdi>{state.error}</bdi>
            </p>
          )}
          <div class="ask-buttons">
            <button type="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit" class={isDangerous ? 'danger' : 'primary'} disabled={state.isBusy}>
              {state.isBusy ? 'Please wait …' : name}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
