/**
 * Formats an evaluation as the `model-index` of a Hugging Face model card: a YAML block for the front matter
 * of a README. It contains every metric of every task. The 95 % interval is in the metric's name, because the
 * format has no field for it. Names may contain any characters: texts stay unquoted if YAML reads them as
 * texts, and are double-quoted otherwise. The HTML page is `report-html.ts`.
 */

import type { DatasetReport, EvalReport, MetricReport, TaskReport } from './report.ts';

export interface ModelIndexOptions {
  /** The model's name on its card; default: the report's. */
  name?: string;
  /** Page that describes the measurement. The hub requires an address with every source. */
  sourceUrl?: string;
}

/**
 * Returns the YAML without the surrounding `---`, ending in a line break. Tasks without a measurement are
 * omitted.
 */
export function modelIndex(report: EvalReport, options: ModelIndexOptions = {}): string {
  const results = report.tasks.flatMap((task) => {
    const metrics = task.metrics.filter(({ score }) => Number.isFinite(score.value));
    return metrics.length === 0 ? [] : [result(task, metrics, options.sourceUrl)];
  });
  const model = { name: options.name ?? report.model, results };
  return `${lines({ 'model-index': [model] }, '').join('\n')}\n`;
}

function result(task: TaskReport, metrics: readonly MetricReport[], sourceUrl: string | undefined): Tree {
  return {
    task: { type: 'text-generation', name: 'Text generation' },
    dataset: datasetOf(task.dataset ?? { name: task.title, type: task.name }),
    metrics: metrics.map((metric) => ({
      type: typeOf(metric.name),
      value: rounded(metric.score.value),
      name: nameOf(metric, task),
    })),
    ...(sourceUrl !== undefined && { source: { name: 'rzero eval', url: sourceUrl } }),
  };
}

function datasetOf({ name, type, config, split, revision }: DatasetReport): Tree {
  return {
    name,
    type,
    ...(config !== undefined && { config }),
    ...(split !== undefined && { split }),
    ...(revision !== undefined && { revision }),
  };
}

/** Only `pass@k` is a separate metric on the hub; all others are accuracies. */
function typeOf(name: string): string {
  return /^pass@\d+$/.test(name) ? name : 'accuracy';
}

function nameOf({ name, score }: MetricReport, { n }: TaskReport): string {
  const interval = [score.low, score.high].map((end) => rounded(end).toFixed(4)).join(' to ');
  return `${name} (n = ${n}, 95 % interval ${interval})`;
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

type Tree = string | number | { [key: string]: Tree } | Tree[];

/** Formats a value in block style. Keys are ours and need no quoting. */
function lines(tree: Tree, indent: string): string[] {
  if (typeof tree !== 'object') return [`${indent}${scalar(tree)}`];
  if (Array.isArray(tree)) {
    return tree.flatMap((item) => {
      const [first, ...rest] = lines(item, `${indent}  `);
      return [`${indent}- ${first.trimStart()}`, ...rest];
    });
  }
  return Object.entries(tree).flatMap(([key, value]) => {
    if (typeof value !== 'object') return [`${indent}${key}: ${scalar(value)}`];
    if (Array.isArray(value) && value.length === 0) return [`${indent}${key}: []`];
    return [`${indent}${key}:`, ...lines(value, Array.isArray(value) ? indent : `${indent}  `)];
  });
}

/** Starts like a word and contains no character with a special meaning. */
const PLAIN = /^[A-Za-z][\w./@+-]*(?: [\w./@+(-][\w./@+()-]*)*$/;
/** Words that YAML 1.1 or 1.2 does not read as text. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

function scalar(value: string | number): string {
  if (typeof value === 'number') return String(value);
  if (value.length < 200 && PLAIN.test(value) && !RESERVED.test(value)) return value;
  return quoted(value);
}

/**
 * Double-quotes a text on one line. JSON's escapes are valid in YAML; other unprintable characters are
 * escaped too.
 */
function quoted(value: string): string {
  const sound = value.replace(/\p{Surrogate}/gu, '\ufffd');
  return JSON.stringify(sound).replace(
    /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|[\u2028\u2029]/gu,
    escapeOf,
  );
}

function escapeOf(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
