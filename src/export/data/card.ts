/** Formats the card of an exported dataset. Pure. */

import { illPosedShare, rightShare } from '../../loop/pool/label-counts.ts';
import { count, percent } from '../../text/numbers.ts';
import { frontMatter, safeText, table } from '../card-text.ts';
import type { RunFacts } from '../model/facts.ts';
import { type Column, DATA_TABLES, type DataTable } from './tables.ts';

export interface DatasetFacts {
  run: RunFacts;
  /** Public name of the base model. */
  base: string;
  /** Licence of the base; null if unknown. */
  license: string | null;
  rows: Record<DataTable['name'], number>;
  exporter: string;
}

/** Returns the content of `README.md`. */
export function datasetCard(facts: DatasetFacts): string {
  const { run, rows } = facts;
  const sections = [
    frontMatter({
      ...(facts.license === null ? {} : { license: facts.license }),
      tags: ['rzero', 'r-zero', 'synthetic', 'self-play'],
      task_categories: ['text-generation'],
      configs: DATA_TABLES.map(({ name }, at) => ({
        config_name: name,
        data_files: `${name}.parquet`,
        ...(at === 0 ? { default: true } : {}),
      })),
    }),
    `# Questions and answers of ${safeText(run.id)}`,
    `The records of one run of [rzero](https://github.com/rzero-ts/rzero). ${run.supervised ? 'The answers to train on were given.' : posedBy(run)}`,
    madeFrom(facts),
    `## Labels\n\n${labels(run)}`,
    ...DATA_TABLES.map(
      (one) => `## ${one.name} (${count(rows[one.name])} rows)\n\n${capital(one.about)}.\n\n${features(one.columns)}`,
    ),
    `## Use\n\n\`FOLDER\` stands for the folder of this card. \`jsonl/\` has the same records as JSON, one per line.\n\n\`\`\`python\nfrom datasets import load_dataset\n\nquestions = load_dataset("FOLDER", "questions", split="train")\n\`\`\``,
  ];
  return `${sections.join('\n\n')}\n`;
}

function madeFrom({ run, base, exporter }: DatasetFacts): string {
  return table(
    ['', ''],
    [
      ['base model', safeText(base)],
      ['domain', safeText(run.domain)],
      ['iterations', String(Math.max(0, ...run.iterations.map(({ iteration }) => iteration)))],
      ['seed', String(run.seed)],
      ['started', `${run.created.slice(0, 10)} with rzero ${safeText(run.version)}`],
      ['exported by', `rzero ${exporter}`],
    ],
  );
}

function labels(run: RunFacts): string {
  const caution = run.supervised
    ? 'Labels are the given answers.'
    : '**Labels are majority votes of a model, not true answers.** Some are wrong, and some questions have no answer at all. Do not use them as a reference.';
  if (areComputed(run)) return 'Labels are computed: code ran the program of every question.';
  const known = run.iterations.filter((row) => row.labels !== null);
  if (known.length === 0) return `${caution} How many are right is not known: the domain has no oracle.`;
  const lines = known.map(({ iteration, labels: counts }) => [
    String(iteration),
    counts === null ? '' : count(counts.labels),
    counts === null ? '' : percent(rightShare(counts)),
    counts === null ? '' : percent(illPosedShare(counts)),
  ]);
  return `${caution} The oracle of the domain says of the labels that were trained on:\n\n${table(['iteration', 'labels', 'right', 'on questions without an answer'], lines)}`;
}

function posedBy(run: RunFacts): string {
  const label = areComputed(run) ? 'code computed the label' : 'the majority answer is the label';
  return `A Challenger posed the questions, a Solver answered each several times, and ${label}. No human wrote or checked a question.`;
}

function areComputed({ iterations }: RunFacts): boolean {
  return iterations.some(({ labels: counts }) => counts?.computed === true);
}

function features(columns: readonly Column[]): string {
  return table(
    ['column', 'type', 'content'],
    columns.map(({ name, type, about }) => [`\`${name}\``, typeText(type), about]),
  );
}

function typeText(type: Column['type']): string {
  return typeof type === 'string'
    ? type
    : `list of {${type.list.map(([field, inner]) => `${field}: ${inner}`).join(', ')}}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
