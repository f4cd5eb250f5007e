/** One held-out question through time. */

import { percent } from '../../../../../src/text/numbers.ts';
import { useLoaded } from '../../../frame/loaded.ts';
import { Empty, Failure, Loading } from '../../../frame/states.tsx';
import { routeTo } from '../../../router.ts';
import { LongText, oneLine, Plain } from '../../../text/text.tsx';
import type { ViewProps } from '../../view.ts';
import { VoteBar } from '../parts/votes.tsx';
import { barsOf } from './changes.ts';

export function HeldOutDetail({ source, route, id, version }: ViewProps & { id: string; version: number }) {
  const run = route.run ?? '';
  const { data, error, reload } = useLoaded(() => source.heldOut(run), [run, version]);
  const settings = { ...Object.fromEntries(route.settings), show: 'held-out' };
  const back = (
    <a class="q-back" href={routeTo('questions', run, { settings })}>
      ← Held-out test
    </a>
  );
  if (data === null) return error === null ? <Loading what="the question" /> : <Failure error={error} retry={reload} />;
  const row = data.rows.find((one) => one.id === id);
  if (row === undefined) {
    return (
      <>
        {back}
        <Empty title="The held-out test has no such question." />
      </>
    );
  }
  return (
    <>
      {back}
      <h1 class="unseen">Held-out question {row.id}</h1>
      <section class="card q-question">
        <p class="q-facts-line">
          held-out question <Plain text={row.id} />
        </p>
        <LongText
          text={row.text ?? ''}
          empty="The text is not stored in the run: its domain is a module of your own."
        />
        {row.answer !== null && (
          <p>
            Answer: <b>{<Plain text={row.answer} />}</b>
          </p>
        )}
      </section>
      <section class="card" aria-labelledby="q-time">
        <h2 id="q-time">Votes from iteration to iteration</h2>
        <div class="q-table-scroll">
          <table class="q-time">
            <thead>
              <tr>
                <th scope="col">Iteration</th>
                <th scope="col">Votes</th>
                <th scope="col">Right</th>
                <th scope="col">Majority</th>
                <th scope="col">Greedy</th>
                <th scope="col">Answers</th>
              </tr>
            </thead>
            <tbody>
              {row.moments.map((moment) => {
                const { sizes, right } = barsOf(moment);
                return (
                  <tr key={moment.iteration}>
                    <th scope="row">{moment.iteration === 0 ? 'base' : moment.iteration}</th>
                    <td>
                      <VoteBar groups={sizes} right={right} unanswered={moment.unanswered} />
                    </td>
                    <td>{percent(moment.score, 0)}</td>
                    <td>{verdict(moment.majority)}</td>
                    <td>{verdict(moment.greedy)}</td>
                    <td class="q-answers">
                      {moment.groups.map(({ answer, count, right: isRight }, at) => (
                        <span key={at} class={isRight ? 'q-good-text' : ''}>
                          <Plain text={oneLine(answer, 60)} /> ×{count}
                        </span>
                      ))}
                      {moment.unanswered > 0 && <span class="q-soft">no answer ×{moment.unanswered}</span>}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </section>
    </>
  );
}

function verdict(isRight: boolean) {
  return <span class={isRight ? 'q-sign q-good' : 'q-sign q-bad'}>{isRight ? '✓ right' : '✗ wrong'}</span>;
}
