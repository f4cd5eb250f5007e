/** The form of the view Talk: the question, who is asked, how often and how freely. */

import { useState } from 'preact/hooks';
import type { TalkModel, TalkRequest } from '../../../../src/view/talk/types.ts';
import type { Role } from '../../../../src/types.ts';
import { firstChoice, modelsFor, titleOf } from './choices.ts';

interface FormProps {
  run: string;
  models: readonly TalkModel[];
  /** The question before, for the arrow key. */
  previous: string | null;
  isRunning: boolean;
  onAsk(request: TalkRequest): void;
  onStop(): void;
}

/** As the server allows. */
const MOST_MODELS = 12;

export function AskForm({ run, models, previous, isRunning, onAsk, onStop }: FormProps) {
  const [role, setRole] = useState<Role>('solver');
  const [question, setQuestion] = useState('');
  const [samples, setSamples] = useState(4);
  const [temperature, setTemperature] = useState('');
  const offered = modelsFor(models, run, role);
  const [chosen, setChosen] = useState<readonly string[]>(() => firstChoice(offered));
  const asked = offered.map(({ id }) => id).filter((id) => chosen.includes(id));
  const canAsk = asked.length > 0 && !isRunning && (role === 'challenger' || question.trim() !== '');

  const changeRole = (next: Role): void => {
    setRole(next);
    setChosen(firstChoice(modelsFor(models, run, next)));
  };
  const submit = (): void => {
    if (!canAsk) return;
    const given = temperature.trim() === '' ? null : Number(temperature);
    onAsk({
      models: asked,
      role,
      question: role === 'challenger' ? '' : question,
      samples,
      temperature: given,
      seed: null,
    });
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
    if (event.key === 'ArrowUp' && question === '' && previous !== null) {
      event.preventDefault();
      setQuestion(previous);
    }
  };

  return (
    <form
      class="talk-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={(event) => event.key === 'Escape' && isRunning && onStop()}
    >
      <div class="talk-line">
        <label>
          Ask the{' '}
          <select
            value={role}
            onChange={({ currentTarget }) => changeRole(currentTarget.value === 'challenger' ? 'challenger' : 'solver')}
          >
            <option value="solver">Solver: it answers</option>
            <option value="challenger">Challenger: it poses a question</option>
          </select>
        </label>
        <label>
          Answers of each{' '}
          <input
            type="number"
            min={1}
            max={32}
            value={samples}
            onInput={({ currentTarget }) => setSamples(wholeWithin(currentTarget.value, 1, 32))}
          />
        </label>
        <label>
          Temperature{' '}
          <input
            type="number"
            min={0}
            max={10}
            step="any"
            placeholder="as trained"
            value={temperature}
            onInput={({ currentTarget }) => setTemperature(currentTarget.value)}
          />
        </label>
      </div>
      {role === 'solver' && (
        <label class="talk-question">
          Question
          <textarea
            rows={2}
            maxLength={8000}
            dir="auto"
            value={question}
            placeholder="Compute 3 + 4."
            aria-describedby="talk-keys"
            onInput={({ currentTarget }) => setQuestion(currentTarget.value)}
            onKeyDown={onKey}
          />
        </label>
      )}
      <fieldset class="talk-models">
        <legend>Models</legend>
        {offered.map((model) => (
          <label key={model.id}>
            <input
              type="checkbox"
              checked={chosen.includes(model.id)}
              disabled={!chosen.includes(model.id) && asked.length >= MOST_MODELS}
              onChange={({ currentTarget }) =>
                setChosen(currentTarget.checked ? [...chosen, model.id] : chosen.filter((id) => id !== model.id))
              }
            />
            <bdi>{titleOf(model)}</bdi>
          </label>
        ))}
        <button
          type="button"
          onClick={() =>
            setChosen(
              offered
                .filter((model) => model.run === run)
                .slice(-MOST_MODELS)
                .map(({ id }) => id),
            )
          }
        >
          All iterations
        </button>
      </fieldset>
      <div class="talk-line">
        <button type="submit" class="talk-ask" disabled={!canAsk}>
          {role === 'challenger' ? 'Pose questions' : 'Ask'}
        </button>
        {isRunning && (
          <button type="button" onClick={onStop}>
            Stop
          </button>
        )}
        <span id="talk-keys" class="talk-note">
          Enter asks, Shift+Enter begins a line, Escape stops, Arrow up brings the last question back.
        </span>
      </div>
    </form>
  );
}

function wholeWithin(text: string, least: number, most: number): number {
  const value = Math.round(Number(text));
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : least;
}
