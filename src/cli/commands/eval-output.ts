/** What `rzero eval --tasks` gives of an evaluation: the table or JSON, a page, a block for a model card. */

import { existsSync, readFileSync } from 'node:fs';
import { ConfigError } from '../../errors.ts';
import { compareLogs } from '../../eval/log/compare-logs.ts';
import { fillReport } from '../../eval/report/fill-report.ts';
import type { EvaluationReader } from '../../eval/log/log.ts';
import { modelIndex } from '../../eval/report/model-index.ts';
import { reportHtml } from '../../eval/report/report-html.ts';
import { writeWhole } from '../../files/atomic-file.ts';
import { summarize } from '../../eval/summarize.ts';
import { printJson, printLines, type Io } from '../io.ts';
import { comparisonLines, resultLines } from '../render/evaluation.ts';
import { clean } from '../render/format.ts';

export interface OutputFlags {
  json?: boolean;
  /** File of the page. */
  html?: string;
  /** File of the block; true: print it. */
  modelCard?: string | true;
}

export interface Shown {
  log: EvaluationReader;
  /** Tasks, in order; undefined: all. */
  names: readonly string[] | undefined;
  baseline: EvaluationReader | null;
  /** What ended it early; null: nothing did. */
  stopped: 'budget' | 'signal' | null;
}

/** ConfigError, before anything is measured, for a file that holds something else than what would be written there. */
export function checkOutput({ modelCard }: OutputFlags): void {
  if (typeof modelCard !== 'string' || !existsSync(modelCard)) return;
  if (readFileSync(modelCard, 'utf8').startsWith('model-index:')) return;
  throw new ConfigError(
    `${modelCard} is there already and is no model-index block.`,
    'Name another file, or leave it away to print the block, and put it between the --- lines of the card.',
  );
}

/** Prints and writes what the flags ask for. */
export function showEvaluation(flags: OutputFlags, io: Io, { log, names, baseline, stopped }: Shown): void {
  const results = summarize(log, names);
  const comparison = baseline === null ? null : compareLogs(baseline, log, names);
  const wantsReport = flags.html !== undefined || flags.modelCard !== undefined;
  const report = wantsReport ? fillReport(log, { names, results, baseline: baseline ?? undefined }) : null;
  const block = report === null || flags.modelCard === undefined ? null : modelIndex(report);
  if (flags.json === true) {
    const printed = block === null ? {} : { modelIndex: block };
    printJson(io, { folder: log.dir, ...results, comparison, stopped, ...printed });
  } else {
    printLines(io, resultLines(results, log.dir, io.palette));
    if (comparison !== null) printLines(io, ['', ...comparisonLines(comparison, io.palette)]);
    if (flags.modelCard === true && block !== null) io.out(`\n${block}`);
  }
  if (report !== null && flags.html !== undefined) write(flags.html, reportHtml(report), io);
  if (block !== null && typeof flags.modelCard === 'string') write(flags.modelCard, block, io);
}

function write(path: string, text: string, io: Io): void {
  writeWhole(path, text);
  io.err(`written: ${clean(path)}\n`);
}
