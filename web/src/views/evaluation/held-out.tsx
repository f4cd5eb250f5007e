/** Scores on one held-out test by iteration, with the paired difference to the base. */

import type { HeldOutScore } from '../../../../src/view/evaluations/types.ts';
import type { Estimate } from '../../../../src/types.ts';
import { count, percent } from '../../../../src/text/numbers.ts';
import { oneLine, Plain } from '../../text/text.tsx';
import { Difference } from './difference.tsx';
import { Dots } from './dots.tsx';
import { rangeOf, scoreOf } from './numbers.ts';

export function HeldOutTest({ task, scores }: { task: string; scores: readonly HeldOutScore[] }) {
  const { questions, samples } = scores[scores.length - 1].result;
  const hasForced = scores.some(({ result }) => result.forced !== null);
  const hasWorked = scores.some(({ result }) => result.worked !== null);
  return (
    <section class="card e-test" aria-label={`Held-out test ${oneLine(task, 60)}`}>
      <h2>
        Held-out test <Plain text={oneLine(task, 80)} />
        <small>
          {count(questions)} questions, {count(samples)} samples each, the same seeds in every iteration
        </small>
      </h2>
      <div class="e-top">
        <Dots scores={scores} samples={samples} />
        <p class="e-note">
          mean@{samples}: share of right samples. maj@{samples}: share of questions whose majority is right. Below each
          score its 95 % interval. Differences are in points, paired by question, with their 95 % interval and a
          two-sided p; a coloured one is unlikely to be chance. Iterations are compared with the base one by one, so
          that among many, one may stand out by chance.
        </p>
      </div>
      <div class="e-scroll" role="region" aria-label="Scores by iteration" tabIndex={0}>
        <table class="e-table e-iterations">
          <thead>
            <tr>
              <th scope="col">Iteration</th>
              <th scope="col">mean@{samples}</th>
              <th scope="col">Difference to the base</th>
              <th scope="col">maj@{samples}</th>
              <th scope="col">greedy</th>
              {hasForced && <th scope="col">forced steps</th>}
              {hasForced && <th scope="col">forced, difference</th>}
              {hasWorked && <th scope="col">With steps</th>}
              <th scope="col">Tokens</th>
              <th scope="col">Cut off</th>
            </tr>
          </thead>
          <tbody>
            {scores.map(({ result, gain, forcedGain }) => (
              <tr key={result.iteration}>
                <th scope="row">{result.iteration === 0 ? 'base' : result.iteration}</th>
                <td>
                  <Score score={result.mean} isMain />
                </td>
                <td>{gain === null ? '–' : <Difference gain={gain} />}</td>
                <td>
                  <Score score={result.majority} />
                </td>
                <td>
                  <Score score={result.greedy} />
                </td>
                {hasForced && <td>{result.forced === null ? '–' : <Score score={result.forced} />}</td>}
                {hasForced && <td>{forcedGain === null ? '–' : <Difference gain={forcedGain} />}</td>}
                {hasWorked && <td>{percent(result.worked, 0)}</td>}
                <td>{count(result.meanTokens)}</td>
                <td>{count(result.truncated)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Score({ score, isMain = false }: { score: Estimate; isMain?: boolean }) {
  return (
    <>
      {isMain ? <b>{scoreOf(score)}</b> : scoreOf(score)}
      <small>{rangeOf(score)}</small>
    </>
  );
}
