/**
 * The evaluations of a run: held-out scores by iteration, and its reports on benchmarks. Next: `held-out.tsx`,
 * `report/report.tsx`.
 */

import type { EvaluationsView, HeldOutScore, ReportListing } from '../../../../src/view/evaluations/types.ts';
import { utcMinute } from '../../../../src/text/numbers.ts';
import { useLoaded } from '../../frame/loaded.ts';
import { Empty, Failure, Loading } from '../../frame/states.tsx';
import { routeTo } from '../../router.ts';
import { useLive } from '../../source/live.ts';
import { oneLine, Plain } from '../../text/text.tsx';
import type { ViewProps } from '../view.ts';
import './evaluation.css';
import { HeldOutTest } from './held-out.tsx';
import { scoreOf } from './numbers.ts';
import { Report } from './report/report.tsx';

export function Evaluation(props: ViewProps) {
  const { version } = useLive(props.route.run);
  const { item } = props.route;
  return item === null ? (
    <Overview {...props} version={version} />
  ) : (
    <RunReport key={item} {...props} name={item} version={version} />
  );
}

function Overview({ source, route, version }: ViewProps & { version: number }) {
  const run = route.run ?? '';
  const { data, error, reload } = useLoaded(() => source.evaluations(run), [run, version]);
  if (data === null) return error === null ? <Loading what="the scores" /> : <Failure error={error} retry={reload} />;
  return (
    <>
      <h1 class="e-title">Evaluation</h1>
      {data.heldOut.length === 0 ? (
        <Empty title="No scores yet.">
          <p>The stage baseline measures the base model first, and the stage evaluate every iteration.</p>
        </Empty>
      ) : (
        testsOf(data).map(([task, scores]) => <HeldOutTest key={task} task={task} scores={scores} />)
      )}
      <Reports run={run} reports={data.reports} />
    </>
  );
}

/** Scores by test, in the order of their first appearance. */
function testsOf({ heldOut }: EvaluationsView): [string, HeldOutScore[]][] {
  const tests = new Map<string, HeldOutScore[]>();
  for (const score of heldOut) tests.set(score.result.task, [...(tests.get(score.result.task) ?? []), score]);
  return [...tests];
}

function Reports({ run, reports }: { run: string; reports: readonly ReportListing[] }) {
  return (
    <section class="card" aria-labelledby="e-reports">
      <h2 id="e-reports">Benchmarks</h2>
      {reports.length === 0 ? (
        <p class="e-note">
          No benchmark was run on this run&apos;s models.{' '}
          <code class="command">rzero eval --model {run} --tasks math</code> runs some, and evaluation.tasks runs them
          in every iteration.
        </p>
      ) : (
        <ul class="e-reports">
          {reports.map(({ name, model, created, tasks }) => (
            <li key={name}>
              <a href={routeTo('evaluation', run, { item: name })}>
                <Plain text={oneLine(name, 100)} />
              </a>
              <span class="e-note">
                <Plain text={oneLine(model, 100)} />
                {created !== '' && ` · ${utcMinute(created)}`}
              </span>
              <span class="e-scores">
                {tasks.map(({ title, metric, score }, at) => (
                  <span key={at}>
                    <Plain text={oneLine(title, 60)} /> <b>{score === null ? '–' : scoreOf(score)}</b>{' '}
                    <small>{metric}</small>
                  </span>
                ))}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function RunReport({ source, route, name, version }: ViewProps & { name: string; version: number }) {
  const run = route.run ?? '';
  const { data, error, reload } = useLoaded(() => source.evaluation(run, name), [run, name, version]);
  return (
    <>
      <a class="e-back" href={routeTo('evaluation', run)}>
        ← All evaluations
      </a>
      {data === null && error === null && <Loading what="the report" />}
      {data === null && error !== null && <Failure error={error} retry={reload} />}
      {data !== null && <Report report={data} />}
    </>
  );
}
