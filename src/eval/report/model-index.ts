/**
 * Formats an evaluation as the `model-index` of a Hugging Face model card: a YAML block for the front matter
 * of a README. It contains every metric of every task. The 95 % interval is in the metric's name, because the
 * format has no field for it. Names may contain any characters: texts stay unquoted if YAML reads them as
 * texts, and are double-quoted otherwise. The HTML page is `report-html.ts`.
 */

import { type Yaml, yamlLines } from '../../text/yaml.ts';
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
  const tree = { 'model-index': modelIndexOf([report], { name: options.name ?? report.model, ...options }) };
  return `${yamlLines(tree).join('\n')}\n`;
}

/** Returns the value of `model-index` for several reports on one model: a list with one model. */
export function modelIndexOf(reports: readonly EvalReport[], options: ModelIndexOptions & { name: string }): Yaml {
  const results = reports.flatMap(({ tasks }) =>
    tasks.flatMap((task) => {
      const metrics = task.metrics.filter(({ score }) => Number.isFinite(score.value));
      return metrics.length === 0 ? [] : [result(task, metrics, options.sourceUrl)];
    }),
  );
  return [{ name: options.name, results }];
}

function result(task: TaskReport, metrics: readonly MetricReport[], sourceUrl: string | undefined): Yaml {
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

function datasetOf({ name, type, config, split, revision }: DatasetReport): Yaml {
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
