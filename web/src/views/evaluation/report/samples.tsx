/** The browser of samples: filters, search, and pages of samples that open. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { EvalReport, TaskReport } from '../../../../../src/eval/report/report.ts';
import { count, plural } from '../../../../../src/text/numbers.ts';
import { Plain } from '../../../text/text.tsx';
import { findSamples, type SampleFilter } from './find-samples.ts';
import { Sample } from './sample.tsx';

const PAGE = 25;
const ALL: SampleFilter = { task: null, verdict: null, search: '' };
const VERDICTS = [null, 'right', 'wrong', 'undecided'] as const;

export function Samples({ report }: { report: EvalReport }) {
  const [filter, setFilter] = useState<SampleFilter>(ALL);
  const [page, setPage] = useState(0);
  const head = useRef<HTMLHeadingElement>(null);
  const found = useMemo(() => findSamples(report, filter), [report, filter]);
  const total = report.tasks.reduce((sum, { samples }) => sum + samples.length, 0);
  useEffect(() => setPage(0), [filter]);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const at = Math.min(page, pages - 1);
  const shown = found.slice(at * PAGE, (at + 1) * PAGE);
  const turn = (by: number): void => {
    setPage(at + by);
    head.current?.scrollIntoView();
    head.current?.focus({ preventScroll: true });
  };
  return (
    <section aria-labelledby="e-samples">
      <h2 id="e-samples" ref={head} tabIndex={-1}>
        Samples
      </h2>
      {total > 0 && <Controls report={report} filter={filter} setFilter={setFilter} />}
      <p class="e-found" role="status">
        {total > 0 && statusOf({ found: found.length, total, from: at * PAGE, size: shown.length })}
        {total > 0 && found.length === 0 && (
          <button type="button" onClick={() => setFilter(ALL)}>
            Show all
          </button>
        )}
      </p>
      {report.tasks.map((task, number) => {
        const own = shown.filter((one) => one.task === task.name && one.key.startsWith(`s-${number}-`));
        const isHere = filter.task === null || filter.task === task.name;
        const isNote =
          task.samples.length === 0 && isHere && filter.verdict === null && filter.search === '' && at === 0;
        if (own.length === 0 && !isNote) return null;
        return (
          <section key={number} class="e-task" aria-labelledby={`e-task-${number}`}>
            <h3 id={`e-task-${number}`}>
              <Plain text={task.title} />
            </h3>
            <p class="e-note">{choiceNote(task)}</p>
            {own.map(({ key, sample }) => (
              <Sample key={key} sample={sample} />
            ))}
          </section>
        );
      })}
      {pages > 1 && (
        <nav class="e-pages" aria-label="Pages of samples">
          <button type="button" disabled={at === 0} onClick={() => turn(-1)}>
            ← Previous
          </button>
          <span>
            Page {at + 1} of {pages}
          </span>
          <button type="button" disabled={at === pages - 1} onClick={() => turn(1)}>
            Next →
          </button>
        </nav>
      )}
    </section>
  );
}

function statusOf({ found, total, from, size }: { found: number; total: number; from: number; size: number }): string {
  if (found === 0) return 'No sample matches. ';
  const of = found === total ? '' : ` that match, ${count(total)} in all`;
  return `Samples ${count(from + 1)} to ${count(from + size)} of ${count(found)}${of}`;
}

function choiceNote({ samples, n }: TaskReport): string {
  if (samples.length === 0) return 'No samples are kept in this report.';
  if (samples.length === n) return `All ${plural(n, 'question')}.`;
  return `This page shows ${count(samples.length)} of ${plural(n, 'question')}: if available, equally many that went right, went wrong and are undecided, evenly spread. Their shares here are not the scores.`;
}

interface ControlsProps {
  report: EvalReport;
  filter: SampleFilter;
  setFilter(filter: SampleFilter): void;
}

function Controls({ report, filter, setFilter }: ControlsProps) {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.closest('input, select, textarea') !== null;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <form class="e-controls" role="search" aria-label="Samples" onSubmit={(event) => event.preventDefault()}>
      <label class="e-field">
        <span>Task</span>
        <select
          value={filter.task ?? ''}
          onChange={({ currentTarget }) => setFilter({ ...filter, task: currentTarget.value || null })}
        >
          <option value="">all tasks</option>
          {report.tasks.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <fieldset class="e-field e-choice">
        <legend>Replies</legend>
        {VERDICTS.map((verdict) => (
          <button
            key={verdict ?? 'all'}
            type="button"
            aria-pressed={filter.verdict === verdict}
            onClick={() => setFilter({ ...filter, verdict })}
          >
            {verdict ?? 'all'}
          </button>
        ))}
      </fieldset>
      <label class="e-field e-search">
        <span>Search</span>
        <input
          ref={search}
          type="search"
          value={filter.search}
          placeholder="question, reply, answer, id"
          autocomplete="off"
          spellcheck={false}
          aria-keyshortcuts="/"
          onInput={({ currentTarget }) => setFilter({ ...filter, search: currentTarget.value })}
        />
      </label>
    </form>
  );
}
