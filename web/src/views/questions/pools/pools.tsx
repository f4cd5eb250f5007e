/** The pools of all iterations side by side, as small charts with the same axes. `reading.ts` says what follows. */

import { count, percent, significant } from '../../../../../src/text/numbers.ts';
import { readPoolsView } from '../../../../../src/view/questions/reading.ts';
import type { PoolsView, PoolView, QuestionRow, Share, Spread } from '../../../../../src/view/questions/types.ts';
import { useLoaded } from '../../../frame/loaded.ts';
import { Empty, Failure, Loading } from '../../../frame/states.tsx';
import { MathText, oneLine } from '../../../text/text.tsx';
import type { ViewProps } from '../../view.ts';
import { questionLink } from '../parts/links.ts';
import { Histogram, highestShare } from './histogram.tsx';
import { Verdict } from './verdict.tsx';

export function Pools({ source, route, version }: ViewProps & { version: number }) {
  const run = route.run ?? '';
  const { data, error, reload } = useLoaded(() => source.pools(run), [run, version]);
  if (data === null) return error === null ? <Loading what="the pools" /> : <Failure error={error} retry={reload} />;
  if (data.pools.length === 0) {
    return (
      <Empty title="No pool yet.">
        <p>The stage propose of iteration 1 makes the first one.</p>
      </Empty>
    );
  }
  const reading = readPoolsView(data);
  return (
    <>
      {reading !== null && <Verdict reading={reading} unit={data.unit} />}
      <div class="q-pools-scroll" role="region" aria-label="Pools side by side" tabIndex={0}>
        <table class="q-pools">
          <thead>
            <tr>
              <td />
              {data.pools.map(({ iteration }) => (
                <th key={iteration} scope="col">
                  Iteration {iteration}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rowsOf(data).map((row) => (
              <Measured key={row.title} row={row} view={data} />
            ))}
            <Numbers title="Posed" hint="questions of the pool" view={data} cell={({ posed }) => count(posed)} />
            <Numbers title="Kept" hint="inside the band" view={data} cell={({ kept }) => shareText(kept)} />
            {data.hasOracle && (
              <>
                <Numbers
                  title="Ill-posed"
                  hint="the oracle has no answer"
                  view={data}
                  cell={({ illPosed }) => shareText(illPosed)}
                />
                <Numbers
                  title="Label right"
                  hint="of the kept questions"
                  view={data}
                  cell={({ labelRight, computed }) => (computed ? 'computed' : shareText(labelRight))}
                />
              </>
            )}
            <Examples
              title="Most typical"
              hint="closest to all others"
              run={run}
              view={data}
              pick={({ typical }) => typical}
            />
            <Examples
              title="Most unusual"
              hint="farthest from all others"
              run={run}
              view={data}
              pick={({ unusual }) => unusual}
            />
          </tbody>
        </table>
      </div>
      <p class="q-note">
        Bars show the share of the questions; the line is the mean, and the short line below it its 95 % interval.
        Similarity is BLEU, as in the Challenger's reward, over at most {data.sampled} questions per pool.
      </p>
    </>
  );
}

interface MeasuredRow {
  title: string;
  hint: string;
  edges: readonly number[];
  spread(pool: PoolView): Spread | null;
  write(value: number): string;
}

function rowsOf({ unit, edges }: PoolsView): MeasuredRow[] {
  const share = (value: number): string => percent(value, 0);
  const whole = (value: number): string => significant(value);
  return [
    {
      title: 'Agreement',
      hint: 'share of the attempts that give the label',
      edges: edges.agreement,
      spread: ({ agreement }) => agreement,
      write: share,
    },
    ...(unit === null
      ? []
      : [
          {
            title: 'Difficulty',
            hint: unit,
            edges: edges.difficulty,
            spread: ({ difficulty }: PoolView) => difficulty,
            write: whole,
          },
        ]),
    { title: 'Length', hint: 'characters', edges: edges.length, spread: ({ length }) => length, write: whole },
    {
      title: 'Alike',
      hint: 'similarity to the nearest of the same pool',
      edges: edges.similarity,
      spread: ({ alike }) => alike,
      write: share,
    },
    {
      title: 'Familiar',
      hint: 'similarity to the nearest of earlier pools',
      edges: edges.similarity,
      spread: ({ familiar }) => familiar,
      write: share,
    },
  ];
}

function Measured({ row, view }: { row: MeasuredRow; view: PoolsView }) {
  const highest = highestShare(view.pools.map(row.spread));
  return (
    <tr>
      <th scope="row">
        {row.title}
        <small>{row.hint}</small>
      </th>
      {view.pools.map((pool) => {
        const spread = row.spread(pool);
        if (spread === null || spread.n === 0)
          return (
            <td key={pool.iteration} class="q-none">
              –
            </td>
          );
        const mean = row.write(spread.mean.value);
        return (
          <td key={pool.iteration}>
            <Histogram
              spread={spread}
              edges={row.edges}
              highest={highest}
              write={row.write}
              label={`${row.title} in iteration ${pool.iteration}: mean ${mean} over ${count(spread.n)} questions`}
            />
            <span class="q-mean-text">
              mean <b>{mean}</b>
            </span>
          </td>
        );
      })}
    </tr>
  );
}

interface NumbersProps {
  title: string;
  hint: string;
  view: PoolsView;
  cell(pool: PoolView): string;
}

function Numbers({ title, hint, view, cell }: NumbersProps) {
  return (
    <tr class="q-numbers">
      <th scope="row">
        {title}
        <small>{hint}</small>
      </th>
      {view.pools.map((pool) => (
        <td key={pool.iteration}>{cell(pool)}</td>
      ))}
    </tr>
  );
}

function shareText(share: Share): string {
  if (share === null) return '–';
  const { value, low, high } = share.share;
  return `${percent(value, 0)} [${percent(low, 0).replace(' %', '')}–${percent(high, 0).replace(' %', '')}]`;
}

interface ExamplesProps {
  title: string;
  hint: string;
  run: string;
  view: PoolsView;
  pick(pool: PoolView): readonly QuestionRow[];
}

function Examples({ title, hint, run, view, pick }: ExamplesProps) {
  return (
    <tr class="q-examples">
      <th scope="row">
        {title}
        <small>{hint}</small>
      </th>
      {view.pools.map((pool) => (
        <td key={pool.iteration}>
          <ul>
            {pick(pool).map(({ id, text }) => (
              <li key={id}>
                <a href={questionLink(run, id)}>
                  <MathText text={oneLine(text, 140)} />
                </a>
              </li>
            ))}
          </ul>
        </td>
      ))}
    </tr>
  );
}
