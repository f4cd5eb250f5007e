/** The votes on the same text in other iterations. */

import { percent } from '../../../../../src/text/numbers.ts';
import type { QuestionDetail } from '../../../../../src/view/questions/types.ts';
import { oneLine, Plain } from '../../../text/text.tsx';
import { questionLink } from '../parts/links.ts';
import { VoteBar } from '../parts/votes.tsx';

export function History({ question: { history, id }, run }: { question: QuestionDetail; run: string }) {
  if (history.length < 2) return null;
  return (
    <section class="card" aria-labelledby="q-history">
      <h2 id="q-history">The same text, each time it was posed</h2>
      <div class="q-table-scroll">
        <table class="q-time">
          <thead>
            <tr>
              <th scope="col">Iteration</th>
              <th scope="col">Votes</th>
              <th scope="col">Agreement</th>
              <th scope="col">Label</th>
            </tr>
          </thead>
          <tbody>
            {history.map((moment) => (
              <tr key={moment.question} class={moment.question === id ? 'q-current' : ''}>
                <th scope="row">
                  <a
                    href={questionLink(run, moment.question)}
                    aria-current={moment.question === id ? 'true' : undefined}
                  >
                    {moment.iteration} · {moment.origin}
                  </a>
                </th>
                <td>
                  <VoteBar groups={moment.votes.map(({ count }) => count)} unanswered={moment.unanswered} />
                </td>
                <td>{percent(moment.agreement, 0)}</td>
                <td>{moment.label === null ? '–' : <Plain text={oneLine(moment.label, 40)} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
