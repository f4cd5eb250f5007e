/** The held-out test: how the votes on every question move from iteration to iteration. */

import { useMemo } from 'preact/hooks';
import { count, plural, points } from '../../../../../src/text/numbers.ts';
import { useLoaded } from '../../../frame/loaded.ts';
import { Empty, Failure, Loading } from '../../../frame/states.tsx';
import { changeSettings } from '../../../router.ts';
import { MathText, oneLine, Plain } from '../../../text/text.tsx';
import type { ViewProps } from '../../view.ts';
import { VirtualList } from '../list/virtual-list.tsx';
import { heldOutLink } from '../parts/links.ts';
import { useNarrow } from '../parts/narrow.ts';
import { VoteBar } from '../parts/votes.tsx';
import { barsOf, chosen, type Course, courseOf, follow, type Followed, HELD_OUT_SORTS } from './changes.ts';

const COURSES: readonly (readonly [Course, string])[] = [
  ['improved', 'improved'],
  ['worsened', 'worsened'],
  ['flipping', 'flipping'],
  ['solved', 'always right'],
  ['unsolved', 'never right'],
  ['same', 'unchanged'],
];
const SORT_WORDS = {
  order: 'order of the test',
  improved: 'most improved',
  worsened: 'most worsened',
  flips: 'most flips',
  hardest: 'hardest now',
} as const;

export function HeldOut({ source, route, version }: ViewProps & { version: number }) {
  const run = route.run ?? '';
  const { data, error, reload } = useLoaded(() => source.heldOut(run), [run, version]);
  const all = useMemo(() => (data?.rows ?? []).map(follow), [data]);
  const isNarrow = useNarrow();
  if (data === null) return error === null ? <Loading what="the test" /> : <Failure error={error} retry={reload} />;
  if (data.rows.length === 0) {
    return (
      <Empty title="The run has no held-out votes yet.">
        <p>The stages baseline and evaluate make them, if the domain has a test and evaluation.questions is not 0.</p>
      </Empty>
    );
  }
  const sort = HELD_OUT_SORTS.find((one) => one === route.settings.get('sort')) ?? 'order';
  const course = COURSES.find(([name]) => name === route.settings.get('course'))?.[0] ?? null;
  const search = route.settings.get('search') ?? '';
  const found = chosen(all, { search, course, sort });
  const settings = Object.fromEntries(route.settings);
  const iterations = data.iterations.length;
  return (
    <>
      <form
        class="q-filters"
        role="search"
        aria-label="Held-out questions"
        onSubmit={(event) => event.preventDefault()}
      >
        <label class="q-field q-search">
          <span>Search</span>
          <input
            type="search"
            value={search}
            placeholder="text, answer or id"
            autocomplete="off"
            onInput={({ currentTarget }) => changeSettings({ search: currentTarget.value })}
          />
        </label>
        <fieldset class="q-field q-courses">
          <legend>Since the base model</legend>
          {COURSES.map(([name, words]) => {
            const size = all.filter((one) => courseOf(one) === name).length;
            return (
              <button
                key={name}
                type="button"
                aria-pressed={course === name}
                onClick={() => changeSettings({ course: course === name ? '' : name })}
              >
                {words} <b>{count(size)}</b>
              </button>
            );
          })}
        </fieldset>
        <label class="q-field">
          <span>Sorted by</span>
          <select
            value={sort}
            onChange={({ currentTarget }) =>
              changeSettings({ sort: currentTarget.value === 'order' ? '' : currentTarget.value })
            }
          >
            {HELD_OUT_SORTS.map((name) => (
              <option key={name} value={name}>
                {SORT_WORDS[name]}
              </option>
            ))}
          </select>
        </label>
      </form>
      <p class="q-count" role="status">
        {found.length === all.length ? '' : `${count(found.length)} of `}
        {plural(all.length, 'question')}
        <span class="q-legend">
          <i class="q-key q-key-right" /> right <i class="q-key q-key-wrong" /> wrong <i class="q-key q-key-none" /> no
          answer
        </span>
      </p>
      {found.length === 0 ? (
        <Empty title="No question matches." />
      ) : (
        <>
          <p class="q-columns-head q-columns-held" aria-hidden="true">
            <span>Question</span>
            <span>Answer</span>
            <span>Votes by iteration</span>
            <span>Points</span>
          </p>
          <VirtualList
            count={found.length}
            line={
              isNarrow ? 60 + 18 * iterationsShown(iterations) : Math.max(58, 20 + 18 * iterationsShown(iterations))
            }
            label="Held-out questions"
            name={`${run} held-out ${sort} ${course} ${search}`}
            onWindow={() => {}}
          >
            {(index, focusable) =>
              index < found.length && (
                <Line
                  followed={found[index]}
                  href={heldOutLink(run, found[index].row.id, settings)}
                  focusable={focusable}
                />
              )
            }
          </VirtualList>
        </>
      )}
    </>
  );
}

/** More iterations are in the view of the question. */
const MOST_SHOWN = 4;

function iterationsShown(iterations: number): number {
  return Math.min(iterations, MOST_SHOWN);
}

interface LineProps {
  followed: Followed;
  href: string;
  focusable: { tabIndex: number; onFocus: () => void };
}

function Line({ followed, href, focusable }: LineProps) {
  const { row, change, flips } = followed;
  const { moments } = row;
  // The base, and the newest ones.
  const shown = moments.length <= MOST_SHOWN ? moments : [moments[0], ...moments.slice(1 - MOST_SHOWN)];
  return (
    <a class="q-row q-row-held" href={href} {...focusable}>
      <span class="q-text">
        <MathText text={oneLine(row.text ?? row.id, 220)} />
      </span>
      <span class="q-answer">{row.answer !== null && <Plain text={oneLine(row.answer, 40)} />}</span>
      <span class="q-moments">
        {shown.map((moment) => {
          const { sizes, right } = barsOf(moment);
          return (
            <span key={moment.iteration} class="q-moment">
              <small>{moment.iteration === 0 ? 'base' : moment.iteration}</small>
              <VoteBar groups={sizes} right={right} unanswered={moment.unanswered} />
            </span>
          );
        })}
      </span>
      <span class="q-change">
        <b class={change > 0 ? 'q-up' : change < 0 ? 'q-down' : ''}>{points(change, 0)}</b>
        <small>{flips === 0 ? 'no flip' : plural(flips, 'flip')}</small>
      </span>
    </a>
  );
}
