/** The scores of a report: a row with bars and whiskers for each task and average, and a table of all numbers. */

import type { ComponentChildren } from 'preact';
import {
  primaryMetric,
  type EvalReport,
  type MetricReport,
  type PairedDifference,
  type TaskReport,
} from '../../../../../src/eval/report/report.ts';
import type { Estimate } from '../../../../../src/types.ts';
import { count, duration, percent, plural } from '../../../../../src/text/numbers.ts';
import { Plain } from '../../../text/text.tsx';
import { Difference } from '../difference.tsx';
import { placeOf, rangeOf, scoreOf } from '../numbers.ts';

export function ScoreChart({ report }: { report: EvalReport }) {
  const { model, baseline, tasks, averages } = report;
  return (
    <div class="e-chart">
      <ul class="e-legend">
        <li>
          <i class="e-key e-key-own" /> <Plain text={model} />
        </li>
        {baseline !== null && (
          <li>
            <i class="e-key e-key-other" /> baseline <Plain text={baseline} />
          </li>
        )}
        <li>
          <i class="e-key e-key-whisker" /> 95 % interval
        </li>
      </ul>
      <ul class="e-rows">
        {tasks.map((task, at) => {
          const metric = primaryMetric(task);
          return (
            <ScoreRow
              key={at}
              title={task.title}
              detail={`${task.primary} · ${plural(task.n, 'question')}`}
              score={metric?.score ?? null}
              baseline={metric?.baseline ?? null}
              difference={metric?.difference ?? null}
            />
          );
        })}
      </ul>
      {averages.length > 0 && (
        <ul class="e-rows e-averages" aria-label="Averages">
          {averages.map(({ name, tasks: of, score, baseline: other }, at) => (
            <ScoreRow
              key={at}
              title={name}
              detail={plural(of.length, 'task')}
              score={score}
              baseline={other}
              difference={null}
            />
          ))}
        </ul>
      )}
      <div class="e-row e-axis" aria-hidden="true">
        <span />
        <span class="e-ticks">
          <i>0</i>
          <i>25</i>
          <i>50</i>
          <i>75</i>
          <i>100 %</i>
        </span>
        <span />
      </div>
    </div>
  );
}

interface ScoreRowProps {
  title: string;
  detail: string;
  score: Estimate | null;
  baseline: Estimate | null;
  difference: PairedDifference | null;
}

function ScoreRow({ title, detail, score, baseline, difference }: ScoreRowProps) {
  return (
    <li class="e-row">
      <span class="e-label">
        <b>
          <Plain text={title} />
        </b>
        <small>{detail}</small>
      </span>
      {score === null ? (
        <span class="e-none">not measured</span>
      ) : (
        <>
          <Bars title={title} score={score} baseline={baseline} />
          <span class="e-value">
            <b>{scoreOf(score)}</b>
            <small>{rangeOf(score)}</small>
            {difference !== null && <Difference gain={gainOf(difference)} unlike={difference.unlike} />}
          </span>
        </>
      )}
    </li>
  );
}

function gainOf({ before, after, gain: difference, p }: PairedDifference): Parameters<typeof Difference>[0]['gain'] {
  return { before, after, difference, p };
}

function Bars({ title, score, baseline }: { title: string; score: Estimate; baseline: Estimate | null }) {
  const words = [`${title}: ${scoreOf(score)}, 95 % interval ${rangeOf(score)}`];
  if (baseline !== null) words.push(`baseline ${scoreOf(baseline)}, ${rangeOf(baseline)}`);
  const height = baseline === null ? 26 : 34;
  return (
    <svg class="e-bars" role="img" aria-label={words.join('; ')} width="100%" height={height}>
      {[0, 25, 50, 75, 100].map((x) => (
        <line key={x} class="e-grid" x1={`${x}%`} x2={`${x}%`} y1={-8} y2={height + 8} />
      ))}
      <Bar kind="own" score={score} top={5} height={14} />
      {baseline !== null && <Bar kind="other" score={baseline} top={23} height={6} />}
    </svg>
  );
}

interface BarProps {
  kind: 'own' | 'other';
  score: Estimate;
  top: number;
  height: number;
}

function Bar({ kind, score: { value, low, high }, top, height }: BarProps) {
  const middle = top + height / 2;
  const cap = height / 2 - (kind === 'own' ? 2 : 0);
  const [from, to] = [percentOf(low), percentOf(high)];
  return (
    <>
      <rect class={`e-${kind}`} x="0" y={top} width={percentOf(value)} height={height} rx="2" />
      <line class="e-whisker" x1={from} x2={to} y1={middle} y2={middle} />
      <line class="e-whisker" x1={from} x2={from} y1={middle - cap} y2={middle + cap} />
      <line class="e-whisker" x1={to} x2={to} y1={middle - cap} y2={middle + cap} />
    </>
  );
}

function percentOf(share: number): string {
  return `${Math.round(placeOf(share) * 10_000) / 100}%`;
}

export function ScoreTable({ report }: { report: EvalReport }) {
  const { tasks } = report;
  const names = [...new Set(tasks.flatMap(({ metrics }) => metrics.map(({ name }) => name)))];
  const compared = tasks.some(({ metrics }) => metrics.some(({ difference }) => difference !== null));
  const heads = ['Task', 'Questions', ...names, ...(compared ? ['Difference'] : []), ...COSTS];
  const tests = [...new Set(tasks.flatMap((task) => primaryMetric(task)?.difference?.test ?? []))];
  return (
    <>
      <div class="e-scroll" role="region" aria-label="All numbers" tabIndex={0}>
        <table class="e-table">
          <thead>
            <tr>
              {heads.map((head, at) => (
                <th key={at} scope="col">
                  <Plain text={head} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tasks.map((task, at) => (
              <TaskRow key={at} task={task} names={names} compared={compared} />
            ))}
          </tbody>
        </table>
      </div>
      <p class="e-note">
        No answer, undecided and cut off count replies; malformed counts rows of the data that are no questions.
        {compared && (
          <>
            {' '}
            Difference: model minus baseline in points, paired by question, in the metric that stands for the task
            (bold), with its 95 % interval; p two-sided by <Plain text={tests.join(', ')} />.
          </>
        )}
      </p>
    </>
  );
}

const COSTS = ['Tokens per reply', 'Time', 'No answer', 'Undecided', 'Cut off', 'Malformed'];

function TaskRow({ task, names, compared }: { task: TaskReport; names: readonly string[]; compared: boolean }) {
  const difference = primaryMetric(task)?.difference ?? null;
  const { n, replies, tokens, seconds, unparsable, undecided, truncated, malformed } = task;
  const cells: ComponentChildren[] = [
    count(n),
    ...names.map((name) => (
      <Metric metric={task.metrics.find((metric) => metric.name === name)} isPrimary={name === task.primary} />
    )),
    ...(compared
      ? [difference === null ? '–' : <Difference gain={gainOf(difference)} unlike={difference.unlike} />]
      : []),
    replies === 0 ? '–' : count(tokens / replies),
    duration(seconds),
    <Part part={unparsable} whole={replies} />,
    <Part part={undecided} whole={replies} />,
    <Part part={truncated} whole={replies} />,
    count(malformed),
  ];
  return (
    <tr>
      <th scope="row">
        <Plain text={task.title} />
      </th>
      {cells.map((cell, at) => (
        <td key={at}>{cell}</td>
      ))}
    </tr>
  );
}

function Metric({ metric, isPrimary }: { metric: MetricReport | undefined; isPrimary: boolean }) {
  if (metric === undefined) return <>–</>;
  const value = scoreOf(metric.score);
  return (
    <>
      {isPrimary ? <b>{value}</b> : value}
      <small>{rangeOf(metric.score)}</small>
    </>
  );
}

function Part({ part, whole }: { part: number; whole: number }) {
  return (
    <>
      {count(part)}
      {part > 0 && whole > 0 && <small>{percent(part / whole)}</small>}
    </>
  );
}
