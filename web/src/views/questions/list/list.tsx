/** All questions of a run, with filters. Next: `rows.ts` loads the lines, `virtual-list.tsx` draws those in view. */

import { useMemo } from 'preact/hooks';
import { count, plural } from '../../../../../src/text/numbers.ts';
import { Empty, Failure, Loading } from '../../../frame/states.tsx';
import { routeTo } from '../../../router.ts';
import type { ViewProps } from '../../view.ts';
import { useNarrow } from '../parts/narrow.ts';
import { ClearFilters, Filters } from './filters.tsx';
import { Row } from './row.tsx';
import { useLines } from './rows.ts';
import { isFiltered, queryOf } from './settings.ts';
import { VirtualList } from './virtual-list.tsx';

/** Height of a line, in pixels. */
const WIDE = 58;
const NARROW = 104;

export function QuestionList({ source, route, version }: ViewProps & { version: number }) {
  const run = route.run ?? '';
  const query = useMemo(() => queryOf(route.settings), [route.settings.toString()]);
  const lines = useLines(source, run, query, version);
  const isNarrow = useNarrow();
  if (lines.about === null) {
    return lines.error === null ? (
      <Loading what="the questions" />
    ) : (
      <Failure error={lines.error} retry={lines.retry} />
    );
  }
  const { about } = lines;
  if (about.all === 0) {
    return (
      <Empty title="No questions yet.">
        <p>The Challenger poses its first questions in the stage train-challenger of iteration 1.</p>
      </Empty>
    );
  }
  const settings = Object.fromEntries(route.settings);
  const isMatch = isFiltered(route.settings);
  return (
    <>
      <Filters isNarrow={isNarrow} query={query} settings={route.settings} about={about} />
      <p class="q-count" role="status">
        {isMatch ? `${count(about.total)} of ${plural(about.all, 'question')}` : plural(about.all, 'question')}
        {isMatch && <ClearFilters />}
        {lines.isStale && ' …'}
        {lines.error !== null && ` · ${lines.error.message}`}
      </p>
      {about.total === 0 ? (
        <Empty title="No question matches.">
          <p>Change the filters above, or clear them.</p>
        </Empty>
      ) : (
        <>
          <p class="q-columns-head" aria-hidden="true">
            <span>Question</span>
            <span>Votes and agreement</span>
            <span>Label</span>
            <span>What became of it</span>
          </p>
          <VirtualList
            count={about.total}
            line={isNarrow ? NARROW : WIDE}
            label="Questions"
            name={`${run} ${JSON.stringify(query)}`}
            onWindow={lines.want}
          >
            {(index, focusable) => {
              const row = lines.at(index);
              const href = row === undefined ? '' : routeTo('questions', run, { item: row.id, settings });
              return <Row row={row} href={href} focusable={focusable} unit={about.unit} />;
            }}
          </VirtualList>
        </>
      )}
    </>
  );
}
