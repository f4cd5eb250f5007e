/** Output of `rzero eval --tasks`: a table or JSON, an HTML page, a block for a model card. */

import { existsSync, readFileSync } from 'node:fs';
import { ConfigError } from '../../errors.ts';
import { compareLogs } from '../../eval/log/compare-logs.ts';
import { fillReport } from '../../eval/report/fill-report.ts';
import type { EvaluationReader } from '../../eval/log/log.ts';
import { modelIndex } from '../../eval/report/model-index.ts';
import { reportHtml } from '../../eval/report/report-html.ts';
import { writeWhole } from '../../files/atomic-file.ts';
import { summarize } from '../../eval/summarize.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import { comparisonLines, resultLines } from '../render/evaluation.ts';
import { clean } from '../render/format.ts';
import type { Repeated } from './eval-progress.ts';

export interface OutputFlags {
  json?: boolean;
  /** File for the HTML page. */
  html?: string;
  /** File for the model-card block; true prints it. */
  modelCard?: string | true;
}

export interface Shown {
  log: EvaluationReader;
  /** Tasks to show, in order; undefined = all. */
  names: readonly string[] | undefined;
  baseline: EvaluationReader | null;
  /** Why the evaluation ended early; null if it did not. */
  stopped: 'budget' | 'signal' | null;
  /** Requests that were repeated in this call; absent if nothing was asked. */
  repeated?: readonly Repeated[];
}

/** Throws ConfigError, before the evaluation starts, if the model-card file exists and has other content. */
export function checkOutput({ modelCard }: OutputFlags): void {
  if (typeof modelCard !== 'string' || !existsSync(modelCard)) return;
  if (readFileSync(modelCard, 'utf8').startsWith('model-index:')) return;
  throw new ConfigError(
    `${modelCard} already exists and is not a model-index block.`,
    'Pass another file. Or pass --model-card without a file to print the block, and paste it between the --- lines of the card.',
  );
}

/** Prints and writes the requested output. */
export function showEvaluation(
  flags: OutputFlags,
  io: Io,
  { log, names, baseline, stopped, repeated = [] }: Shown,
): void {
  const results = summarize(log, names);
  const style = { palette: io.palette, columns: textColumns(io) };
  const comparison = baseline === null ? null : compareLogs(baseline, log, names);
  const wantsReport = flags.html !== undefined || flags.modelCard !== undefined;
  const report = wantsReport ? fillReport(log, { names, results, baseline: baseline ?? undefined }) : null;
  const block = report === null || flags.modelCard === undefined ? null : modelIndex(report);
  if (flags.json === true) {
    const printed = block === null ? {} : { modelIndex: block };
    printJson(io, { folder: log.dir, ...results, comparison, stopped, repeated, ...printed });
  } else {
    printLines(io, resultLines(results, log.dir, style));
    if (comparison !== null) printLines(io, ['', ...comparisonLines(comparison, style)]);
    if (flags.modelCard === true && block !== null) io.out(`\n${block}`);
  }
  if (report !== null && flags.html !== undefined) write(flags.html, reportHtml(report), io);
  if (block !== null && typeof flags.modelCard === 'string') write(flags.modelCard, block, io);
}

function write(path: string, text: string, io: Io): void {
  writeWhole(path, text);
  io.err(`wrote ${clean(path)}\n`);
}
