/** Renders the scores of a report: a row with a bar for each task and average, and a table of all numbers. */

import type { Estimate } from '../../../types.ts';
import {
  primaryMetric,
  type EvalReport,
  type MetricReport,
  type PairedDifference,
  type TaskReport,
} from '../report.ts';
import { html, lines, type Html } from './template.ts';
import {
  count,
  duration,
  gainBounds,
  gainPoints,
  percent,
  plural,
  pValue,
  range,
  type ShownGain,
} from '../../../text/numbers.ts';
import { isSignificant } from '../../paired.ts';

/** Renders bars from 0 to 100 % with whiskers for the 95 % interval. The baseline's bar is thin, below the other. */
export function scoreChart(report: EvalReport): Html {
  const tasks = report.tasks.map((task) => {
    const metric = primaryMetric(task);
    const detail = `${task.primary} · ${plural(task.n, 'question')}`;
    return scoreRow(task.title, detail, {
      score: metric?.score ?? null,
      baseline: metric?.baseline ?? null,
      difference: metric?.difference ?? null,
    });
  });
  const averages = report.averages.map(({ name, tasks, score, baseline }) =>
    scoreRow(name, plural(tasks.length, 'task'), { score, baseline, difference: null }),
  );
  return html`<div class="chart">
    ${legend(report)}
    <ul class="rows">
      ${tasks}
    </ul>
    ${
      averages.length === 0
        ? ''
        : html`<ul class="rows averages" aria-label="Averages">
            ${averages}
          </ul>`
    }
    <div class="row axis" aria-hidden="true">
      <span></span>
      <span class="ticks"><i>0</i><i>25</i><i>50</i><i>75</i><i>100 %</i></span>
      <span></span>
    </div>
  </div>`;
}

function legend({ model, baseline }: EvalReport): Html {
  const other =
    baseline === null
      ? ''
      : html`<li>
          <span class="key other"></span><span class="what">baseline <bdi>${baseline}</bdi></span>
        </li>`;
  return html`<ul class="legend">
    <li>
      <span class="key own"></span><span class="what"><bdi>${model}</bdi></span>
    </li>
    ${other}
    <li><span class="key whisker"></span>95 % interval</li>
  </ul>`;
}

interface Scores {
  score: Estimate | null;
  baseline: Estimate | null;
  difference: PairedDifference | null;
}

function scoreRow(title: string, detail: string, { score, baseline, difference }: Scores): Html {
  const label = html`<span class="label"><b dir="auto">${title}</b><small>${detail}</small></span>`;
  if (score === null) return html`<li class="row">${label}<span class="none">not measured</span><span></span></li>`;
  const gain = difference === null ? '' : differenceText(difference);
  return html`<li class="row">
    ${label}${barOf(title, score, baseline)}
    <span class="value"><b>${percent(score.value)}</b><small>${range(score)}</small>${gain}</span>
  </li>`;
}

function barOf(title: string, score: Estimate, baseline: Estimate | null): Html {
  const words = [`${title}: ${percent(score.value)}, 95 % interval ${range(score)}`];
  if (baseline !== null) words.push(`baseline ${percent(baseline.value)}, ${range(baseline)}`);
  const height = baseline === null ? 26 : 34;
  const grid = [0, 25, 50, 75, 100].map(
    (x) => html`<line class="grid" x1="${x}%" x2="${x}%" y1="-8" y2="${height + 8}" />`,
  );
  const other = baseline === null ? '' : bar('other', baseline, 23, 6);
  return html`<svg class="bar" role="img" aria-label="${words.join('; ')}" width="100%" height="${height}">
    ${grid}${bar('own', score, 5, 14)}${other}
  </svg>`;
}

/** Renders a bar and its whisker: a line over the interval, with a cap at each end. */
function bar(kind: 'own' | 'other', { value, low, high }: Estimate, top: number, height: number): Html[] {
  const middle = top + height / 2;
  const cap = height / 2 - (kind === 'own' ? 2 : 0);
  const whisker = (x1: number, x2: number, y1: number, y2: number): Html =>
    html`<line class="whisker" x1="${x1}%" x2="${x2}%" y1="${y1}" y2="${y2}" />`;
  const [from, to] = [place(low), place(high)];
  return [
    html`<rect class="${kind}" x="0" y="${top}" width="${place(value)}%" height="${height}" rx="2" />`,
    whisker(from, to, middle, middle),
    whisker(from, from, middle - cap, middle + cap),
    whisker(to, to, middle - cap, middle + cap),
  ];
}

function place(share: number): number {
  return Number.isFinite(share) ? Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 100 : 0;
}

/** Returns the class of a difference, which is coloured only if neither chance nor other settings explain it. */
function effect({ gain, p, unlike = [] }: PairedDifference): 'gain' | 'loss' | 'even' {
  if (!isSignificant({ p }) || unlike.length > 0) return 'even';
  return gain.value > 0 ? 'gain' : 'loss';
}

function shown({ before, after, gain }: PairedDifference): ShownGain {
  return { before, after, difference: gain };
}

function differenceText(difference: PairedDifference): Html {
  const [low, high] = gainBounds(shown(difference));
  const title = `${difference.test}, paired by question; 95 % interval ${low} to ${high} points`;
  return html`<span class="difference ${effect(difference)}" title="${title}"
    >${gainPoints(difference)} points, ${pValue(difference.p)}</span
  >`;
}

/** Renders every metric of every task, with costs and failures. */
export function scoreTable(report: EvalReport): Html {
  const names = [...new Set(report.tasks.flatMap(({ metrics }) => metrics.map(({ name }) => name)))];
  const compared = report.tasks.some(({ metrics }) => metrics.some(({ difference }) => difference !== null));
  const heads = [
    'Task',
    'Questions',
    ...names,
    ...(compared ? ['Difference'] : []),
    'Tokens per reply',
    'Time',
    'No answer',
    'Undecided',
    'Cut off',
    'Malformed',
  ];
  const rows = report.tasks.map((task) => taskRow(task, names, compared));
  return html`<div class="scroll" role="region" aria-label="All numbers" tabindex="0">
      <table>
        <thead>
          <tr>
            ${heads.map((head) => html`<th scope="col">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${lines(rows)}
        </tbody>
      </table>
    </div>
    <p class="note">
      No answer, undecided and cut off count replies; malformed counts rows of the data that are no questions.
    </p>
    ${compared ? comparisonNote(report) : ''}`;
}

/** Explains the differences and their tests. */
function comparisonNote(report: EvalReport): Html {
  const tests = report.tasks.map((task) => primaryMetric(task)?.difference?.test ?? '').filter((test) => test !== '');
  const names = [...new Set(tests)].join(', ');
  return html`<p class="note">
    Difference: model minus baseline in points, paired by question, in the metric that stands for the task (bold), with
    its 95 % interval; p two-sided by ${names}.
  </p>`;
}

function taskRow(task: TaskReport, names: readonly string[], compared: boolean): Html {
  const cells = [
    count(task.n),
    ...names.map((name) =>
      metricCell(
        task.metrics.find((metric) => metric.name === name),
        name === task.primary,
      ),
    ),
    ...(compared ? [differenceCell(primaryMetric(task)?.difference ?? null)] : []),
    task.replies === 0 ? '–' : count(task.tokens / task.replies),
    duration(task.seconds),
    partOf(task.unparsable, task.replies),
    partOf(task.undecided, task.replies),
    partOf(task.truncated, task.replies),
    count(task.malformed),
  ];
  return html`<tr>
    <th scope="row" dir="auto">${task.title}</th>
    ${cells.map((cell) => html`<td>${cell}</td>`)}
  </tr>`;
}

function metricCell(metric: MetricReport | undefined, primary: boolean): Html | string {
  if (metric === undefined) return '–';
  const value = percent(metric.score.value);
  return html`${primary ? html`<b>${value}</b>` : value}<small>${range(metric.score)}</small>`;
}

function differenceCell(difference: PairedDifference | null): Html | string {
  if (difference === null) return '–';
  const [low, high] = gainBounds(shown(difference));
  return html`<span class="difference ${effect(difference)}">${gainPoints(difference)}</span
    ><small>${low} to ${high}</small><small>${pValue(difference.p)}</small>`;
}

function partOf(part: number, whole: number): Html | string {
  if (part === 0 || whole === 0) return count(part);
  return html`${count(part)}<small>${percent(part / whole)}</small>`;
}
