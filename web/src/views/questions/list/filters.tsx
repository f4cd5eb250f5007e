/** The controls above the list. Every change goes into the address. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { QuestionPage, QuestionQuery } from '../../../../../src/view/questions/types.ts';
import { changeSettings } from '../../../router.ts';
import { DROPPED } from '../parts/words.ts';
import { FILTERS, toggled } from './settings.ts';

interface FiltersProps {
  query: QuestionQuery;
  settings: URLSearchParams;
  about: Pick<QuestionPage, 'iterations' | 'unit'>;
  /** On a narrow page, all but the search wait behind a button. */
  isNarrow: boolean;
}

const TYPING_MS = 150;
/** More iterations do not fit as buttons. */
const MOST_BUTTONS = 12;

export function Filters({ query, settings, about, isNarrow }: FiltersProps) {
  const [isOpen, setIsOpen] = useState(false);
  const active = FILTERS.filter((name) => name !== 'search' && settings.has(name)).length;
  return (
    <form class="q-filters" role="search" aria-label="Questions" onSubmit={(event) => event.preventDefault()}>
      <Search value={settings.get('search') ?? ''} />
      {isNarrow && (
        <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          Filters{active > 0 && ` (${active})`}
        </button>
      )}
      {(!isNarrow || isOpen) && (
        <>
          <Iterations chosen={query.iterations} all={about.iterations} />
          <Choice name="origin" label="Posed for" value={query.origin} options={ORIGINS} />
          <Choice name="verdict" label="Filter" value={query.verdict} options={VERDICTS} />
          <Choice name="label" label="Label" value={query.label} options={LABELS} />
          <Band settings={settings} />
          <Sort query={query} unit={about.unit} />
        </>
      )}
    </form>
  );
}

/** Removes all filters. */
export function ClearFilters() {
  return (
    <button
      type="button"
      class="q-clear"
      onClick={() => changeSettings(Object.fromEntries(FILTERS.map((name) => [name, ''])))}
    >
      Clear filters
    </button>
  );
}

/** Waits for a pause in typing. */
function Search({ value }: { value: string }) {
  const [typed, setTyped] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => changeSettings({ search: typed }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.closest('input, select, textarea') !== null;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <label class="q-field q-search">
      <span>Search</span>
      <input
        ref={input}
        type="search"
        value={typed}
        placeholder="text, label, truth or id"
        autocomplete="off"
        spellcheck={false}
        maxLength={500}
        aria-keyshortcuts="/"
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
      />
    </label>
  );
}

function Iterations({ chosen, all }: { chosen: readonly number[] | undefined; all: readonly number[] }) {
  if (all.length < 2) return null;
  if (all.length > MOST_BUTTONS) {
    const options = all.map((one) => [String(one), `iteration ${one}`] as const);
    return <Choice name="iterations" label="Iteration" value={chosen?.[0]?.toString()} options={options} />;
  }
  return (
    <fieldset class="q-field q-iterations">
      <legend>Iteration</legend>
      {all.map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={chosen?.includes(one) === true}
          aria-label={`Iteration ${one}`}
          onClick={() => changeSettings({ iterations: toggled(chosen, one) })}
        >
          {one}
        </button>
      ))}
    </fieldset>
  );
}

type Options = readonly (readonly [value: string, words: string])[];

const ORIGINS: Options = [
  ['pool', 'the pool'],
  ['training', 'training'],
];
const VERDICTS: Options = [['kept', 'kept'], ...Object.entries(DROPPED)];
const LABELS: Options = [
  ['right', '✓ right'],
  ['wrong', '✗ wrong'],
  ['ill-posed', '∅ ill-posed'],
];

interface ChoiceProps {
  name: string;
  label: string;
  value: string | undefined;
  options: Options;
}

function Choice({ name, label, value, options }: ChoiceProps) {
  return (
    <label class="q-field">
      <span>{label}</span>
      <select value={value ?? ''} onChange={({ currentTarget }) => changeSettings({ [name]: currentTarget.value })}>
        <option value="">all</option>
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Band({ settings }: { settings: URLSearchParams }) {
  const bound = (name: 'low' | 'high', empty: string, label: string) => (
    <input
      type="number"
      min={0}
      max={100}
      step={5}
      value={settings.get(name) ?? ''}
      placeholder={empty}
      aria-label={label}
      onChange={({ currentTarget }) =>
        changeSettings({ [name]: currentTarget.value === empty ? '' : currentTarget.value })
      }
    />
  );
  return (
    <fieldset class="q-field q-band">
      <legend>Agreement in %</legend>
      {bound('low', '0', 'Lowest agreement in percent')}
      <span aria-hidden="true">–</span>
      {bound('high', '100', 'Highest agreement in percent')}
    </fieldset>
  );
}

function Sort({ query, unit }: { query: QuestionQuery; unit: string | null }) {
  const options: Options = [
    ['agreement', 'agreement'],
    ...(unit === null ? [] : [['difficulty', `difficulty (${unit})`] as const]),
    ['length', 'length'],
    ['attempts', 'attempts'],
  ];
  const isDown = query.descending === true;
  return (
    <div class="q-field q-sort">
      <label>
        <span>Sorted by</span>
        <select
          value={query.sort ?? ''}
          onChange={({ currentTarget }) => changeSettings({ sort: currentTarget.value })}
        >
          <option value="">order of posing</option>
          {options.map(([key, words]) => (
            <option key={key} value={key}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        aria-label={isDown ? 'Descending. Sort ascending' : 'Ascending. Sort descending'}
        title={isDown ? 'descending' : 'ascending'}
        onClick={() => changeSettings({ order: isDown ? '' : 'down' })}
      >
        <span aria-hidden="true">{isDown ? '↓' : '↑'}</span>
      </button>
    </div>
  );
}
