/** Formats the card of an exported model: front matter for the hub, then lineage, recipe, results and limits. Pure. */

import { isSignificant, pairedGain } from '../../eval/paired.ts';
import { modelIndexOf } from '../../eval/report/model-index.ts';
import { primaryMetric } from '../../eval/report/report.ts';
import type { IterationSummary } from '../../events.ts';
import { rightText } from '../../loop/pool/label-counts.ts';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import { chance, count, gainText, percent, percentage } from '../../text/numbers.ts';
import type { Estimate } from '../../types.ts';
import { frontMatter, safeText, table } from '../card-text.ts';
import { auditText } from './card-audits.ts';
import type { ModelFacts, RunFacts } from './facts.ts';

const PROJECT = 'https://github.com/rzero-ts/rzero';
/** Name of the file with the whole config, next to the card. */
export const CONFIG_FILE = 'rzero-config.toml';

/** Returns the content of `README.md`. */
export function modelCard(facts: ModelFacts): string {
  const sections = [
    frontMatter(matterOf(facts)),
    `# ${safeText(facts.title)}`,
    introduction(facts),
    `## Lineage\n\n${lineage(facts)}`,
    ...(facts.run === null ? [] : [`## Recipe\n\n${recipe(facts.run)}`]),
    ...results(facts),
    `## Limits\n\n${limits(facts)}`,
    `## Use\n\n${use(facts)}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function matterOf(facts: ModelFacts): Parameters<typeof frontMatter>[0] {
  const { base, kind, reports, title } = facts;
  return {
    ...(base?.license == null ? {} : { license: base.license }),
    ...(base?.hub == null
      ? {}
      : { base_model: base.hub, base_model_relation: kind === 'adapter' ? 'adapter' : 'finetune' }),
    library_name: kind === 'adapter' ? 'peft' : 'transformers',
    pipeline_tag: 'text-generation',
    tags: ['rzero', 'r-zero', 'self-play', 'grpo', ...(kind === 'adapter' ? ['lora'] : [])],
    ...(reports.some(({ tasks }) => tasks.length > 0) ? { 'model-index': modelIndexOf(reports, { name: title }) } : {}),
  };
}

function introduction({ run, iteration, kind }: ModelFacts): string {
  if (run === null) return `A model that was written by [rzero](${PROJECT}).`;
  const what = kind === 'adapter' ? 'The LoRA adapter of a language model' : 'A language model';
  if (iteration === 0) return `The base model of a run of [rzero](${PROJECT}), before any training.`;
  if (run.supervised) return `${what} that was trained on questions with given answers by [rzero](${PROJECT}).`;
  return `${what} that was trained without labelled data by [rzero](${PROJECT}), an implementation of [R-Zero](https://arxiv.org/abs/2508.05004): a Challenger poses questions, this Solver answers each several times, and ${hasComputed(run.iterations) ? 'code computes the label' : 'the majority answer is the label'}.`;
}

/** Whether code computed the labels of a run. */
function hasComputed(rows: readonly IterationSummary[]): boolean {
  return rows.some(({ labels }) => labels?.computed === true);
}

function lineage(facts: ModelFacts): string {
  const { base, run, iteration, kind, dtype, parameters, exporter } = facts;
  const rows: [string, string][] = [
    ...(base === null ? [] : [['base model', baseText(base.name, base.hub)] satisfies [string, string]]),
    ...(base?.weights ?? []).map(({ file, sha256 }): [string, string] => [
      `SHA-256 of the base's ${safeText(file)}`,
      `\`${sha256}\``,
    ]),
    ...(run === null ? [] : runRows(run, iteration)),
    ['weights', `${count(parameters)} parameters${kind === 'adapter' ? ' of the adapter' : ''}, ${dtype}`],
    ['exported by', `rzero ${exporter}`],
  ];
  return table(['', ''], rows);
}

function baseText(name: string, hub: string | null): string {
  return hub === null ? safeText(name) : `[${safeText(hub)}](https://huggingface.co/${hub})`;
}

function runRows(run: RunFacts, iteration: number | null): [string, string][] {
  const chosen = run.isBest ? ', chosen by the run without true labels' : '';
  return [
    ['run', `${safeText(run.id)}, started ${run.created.slice(0, 10)} with rzero ${safeText(run.version)}`],
    ...(iteration === null ? [] : [['iteration', `${iteration}${chosen}`] satisfies [string, string]]),
  ];
}

function recipe(run: RunFacts): string {
  const rows: [string, string][] = [
    ['domain', safeText(run.domain)],
    ['seed', String(run.seed)],
    ['scale', run.scale],
    ['engine', safeText(run.engine)],
    ['trained', run.adapter === null ? 'all parameters' : `LoRA: ${describeAdapter(run.adapter)}`],
  ];
  const settings =
    run.changed.length === 0
      ? 'All other settings have the values of the scale.'
      : `Settings that differ from those of the scale:\n\n${run.changed.map((line) => `- \`${codeText(line)}\``).join('\n')}`;
  return `${table(['', ''], rows)}\n\n${settings}\n\nThe whole config is in \`${CONFIG_FILE}\`; \`rzero evolve --config ${CONFIG_FILE}\` starts a run with the same settings; \`--model\` names the base.`;
}

function results(facts: ModelFacts): string[] {
  const { run, iteration, reports } = facts;
  const rows = (run?.iterations ?? []).filter(({ evaluation }) => evaluation.questions > 0);
  const audits = auditText(rows);
  const parts = [
    ...(rows.length === 0 ? [] : [heldOut(rows, iteration)]),
    ...(audits === null ? [] : [audits]),
    ...reports.flatMap(({ tasks }) => (tasks.length === 0 ? [] : [benchmarks(tasks)])),
  ];
  return parts.length === 0 ? [] : [`## Results\n\n${parts.join('\n\n')}`];
}

function heldOut(rows: readonly IterationSummary[], iteration: number | null): string {
  const [{ evaluation: first }] = rows;
  const base = rows.find((row) => row.iteration === 0);
  const hasLabels = rows.some(({ labels }) => labels !== null);
  const heading = ['iteration', `mean@${first.samples}`, 'majority', 'greedy', 'difference to the base', 'p'];
  const lines = rows.map((row) => [
    row.iteration === iteration && row.iteration > 0
      ? `**${row.iteration}** (this model)`
      : row.iteration === 0
        ? 'base'
        : String(row.iteration),
    estimate(row.evaluation.mean),
    estimate(row.evaluation.majority),
    estimate(row.evaluation.greedy),
    ...differenceCells(base, row),
    ...(hasLabels ? [row.labels === null ? '' : rightText(row.labels, percent)] : []),
  ]);
  const about = `Held-out test of the domain: ${count(first.questions)} questions, ${first.samples} sampled answers to each. Shares of right answers with 95 % intervals; differences are in points and paired by question.`;
  const note = hasLabels
    ? ' "Labels right" is the share of the labels of that iteration that equal the true answer.'
    : '';
  return `${about}${note}\n\n${table([...heading, ...(hasLabels ? ['labels right'] : [])], lines)}`;
}

function differenceCells(base: IterationSummary | undefined, row: IterationSummary): [string, string] {
  const [before, after] = [base?.evaluation.perQuestion ?? [], row.evaluation.perQuestion];
  if (row.iteration === 0 || before.length === 0 || before.length !== after.length) return ['', ''];
  const gain = pairedGain(before, after);
  return [`${gainText(gain)}${isSignificant(gain) ? '' : ' (not significant)'}`, chance(gain.p)];
}

function benchmarks(tasks: ModelFacts['reports'][number]['tasks']): string {
  const lines = tasks.flatMap((task) => {
    const metric = primaryMetric(task);
    return metric === null ? [] : [[safeText(task.title), metric.name, estimate(metric.score), count(task.n)]];
  });
  return `Benchmarks, with 95 % intervals:\n\n${table(['benchmark', 'measure', 'score', 'questions'], lines)}`;
}

function estimate({ value, low, high }: Estimate): string {
  return `${percent(value)} [${percentage(low)}, ${percentage(high)}]`;
}

function limits({ run }: ModelFacts): string {
  if (run === null) return 'Nothing is known here of how this model was trained or what it can do.';
  return [
    ...(run.supervised || hasComputed(run.iterations)
      ? []
      : [
          '- The labels in training were majority votes of the model itself. Some are wrong, and their share grows with the difficulty of the questions.',
        ]),
    '- The held-out test has questions of the same domain. It does not show what the model does in other domains.',
    '- Intervals cover the choice of questions, not the randomness of training: another seed gives another result.',
    '- The model was not tested for safety, bias or truthfulness.',
  ].join('\n');
}

function use({ name, kind, base, run }: ModelFacts): string {
  const load =
    kind === 'adapter'
      ? `from peft import AutoPeftModelForCausalLM\nfrom transformers import AutoTokenizer\n\nmodel = AutoPeftModelForCausalLM.from_pretrained("FOLDER")\ntokenizer = AutoTokenizer.from_pretrained("FOLDER")`
      : `from transformers import AutoModelForCausalLM, AutoTokenizer\n\nmodel = AutoModelForCausalLM.from_pretrained("FOLDER")\ntokenizer = AutoTokenizer.from_pretrained("FOLDER")`;
  const needs =
    kind === 'adapter' && base !== null && base.hub === null
      ? ` The base must be in the folder that \`adapter_config.json\` names.`
      : '';
  const module = run?.isCustomDomain === true ? ' --domain MODULE' : '';
  const where = module === '' ? '' : ', where `MODULE` is the file of that domain';
  const prompts =
    run === null
      ? ''
      : ` The prompts of the domain ${safeText(run.domain)} are part of what it has learned: \`rzero chat --model FOLDER${module}\` uses them${where}.`;
  return `\`FOLDER\` stands for the folder of this card${name === '' ? '' : `, which was exported from \`${codeText(name)}\``}.${needs}${prompts}\n\n\`\`\`python\n${load}\n\`\`\``;
}

/** Text inside backticks. */
function codeText(text: string): string {
  return safeText(text).replaceAll('`', "'").replaceAll('\\', '');
}
