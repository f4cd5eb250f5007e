/** Starts a run of the base model that comes with rzero, on the machine of the server. */

import { useState } from 'preact/hooks';
import { AskButton } from '../../frame/ask-button.tsx';
import { type NewRun, startRun } from '../../source/control.ts';

const SCALES: readonly { name: NewRun['scale']; words: string; iterations: number }[] = [
  { name: 'tiny', words: 'tiny: about a minute, to see how it works', iterations: 2 },
  { name: 'small', words: 'small: the default, some minutes', iterations: 3 },
];

export function StartRun({ onDone }: { onDone: () => void }) {
  const [settings, setSettings] = useState<NewRun>({ scale: 'tiny', iterations: 2, seed: 1 });
  const number = (name: 'iterations' | 'seed', label: string, min: number, max: number) => (
    <label>
      {label}
      <input
        type="number"
        required
        min={min}
        max={max}
        step={1}
        value={settings[name]}
        onInput={({ currentTarget }) => setSettings({ ...settings, [name]: currentTarget.valueAsNumber })}
      />
    </label>
  );
  return (
    <AskButton
      name="New run"
      question="Evolves the small arithmetic model that comes with rzero, in a process of its own on the machine of the server. Runs of other models are started in a terminal, and appear here."
      act={() => startRun(settings)}
      onDone={onDone}
    >
      <div class="ask-fields">
        <label>
          Scale
          <select
            value={settings.scale}
            onInput={({ currentTarget }) => {
              const { name, iterations } = SCALES[currentTarget.selectedIndex];
              setSettings({ ...settings, scale: name, iterations });
            }}
          >
            {SCALES.map(({ name, words }) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        {number('iterations', 'Iterations', 1, 100)}
        {number('seed', 'Seed', 0, Number.MAX_SAFE_INTEGER)}
      </div>
    </AskButton>
  );
}
