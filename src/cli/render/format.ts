/**
 * Formats numbers, times, percentages and tables for a terminal. Pure functions from values to text, without events,
 * streams or clocks. All model output must pass through `clean` or `cleanLines` before it is shown.
 * Used by `plain.ts` (lines) and `tty.ts` (live status line). Colours are in `palette.ts`.
 */

import { dirname, isAbsolute, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { compact, percent, percentage } from '../../text/numbers.ts';
import type { Estimate } from '../../types.ts';

export {
  chance,
  compact,
  count,
  duration,
  gainBounds,
  gainPoints,
  gainText,
  percent,
  percentage,
  plural,
  points,
  pValue,
  significant,
  utcMinute,
} from '../../text/numbers.ts';

const UNSAFE = /\p{Cc}|[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
/** Characters of two columns (Unicode annex 11); pictures that are shown as emoji are wide too. */
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ZERO = /\p{Mn}|\p{Me}/u;

/**
 * Untrusted text as one safe line of at most `limit` characters. Line breaks become `⏎`, control characters their
 * Unicode pictures, invisible and direction-changing characters `�`.
 */
export function clean(text: string, limit = 200): string {
  // Cut first, because the text may be of any length.
  const cut = text.length > limit * 2 ? text.slice(0, limit * 2) : text;
  const safe = visible(cut.trim().replace(/\s*\r?\n\s*/g, '⏎'));
  const characters = [...safe];
  if (characters.length <= limit && cut.length === text.length) return safe;
  return `${characters.slice(0, limit - 1).join('')}…`;
}

/** Like `clean`, but keeps line breaks and indents. For completions and stacks. */
export function cleanLines(text: string, limit = 4000): string {
  return text
    .slice(0, limit)
    .split(/\r?\n/)
    .map((line) => visible(line).trimEnd())
    .join('\n');
}

/** A piece of a longer text of any length, as it arrives. Line breaks stay. */
export function cleanPart(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => visible(line))
    .join('\n');
}

function visible(line: string): string {
  return line.replaceAll('\t', ' ').replace(UNSAFE, picture);
}

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : '�';
}

/** Width in columns. Colour codes and combining marks count 0, wide characters 2. */
export function width(text: string): number {
  let columns = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (!ZERO.test(character)) columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

/** Text cut to at most `columns`, with `…` at the cut. Expects text without colour codes. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let out = '';
  let used = 0;
  for (const character of text) {
    const next = width(character);
    if (used + next > columns - 1) break;
    out += character;
    used += next;
  }
  return `${out}…`;
}

/** Text padded with spaces to `columns`. Wider text is unchanged. */
export function pad(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return align === 'left' ? text + space : space + text;
}

/** Bytes in decimal units: `11.8 MB`. */
export function bytes(value: number): string {
  const text = compact(value);
  return text.includes(' ') ? text.replace(' k', ' kB').replace(/ ([MGTP])$/, ' $1B') : `${text} B`;
}

/** A percentage with its interval: `61.2 % [58.9, 63.4]`. */
export function interval(estimate: Estimate): string {
  return `${percent(estimate.value)} [${percentage(estimate.low)}, ${percentage(estimate.high)}]`;
}

const MOST_COLUMNS = 110;
const LEAST_COLUMNS = 40;

/** Columns of text in a window of `columns`: at least 40, and no more than are easy to read. */
export function textWidth(columns: number): number {
  return Math.max(LEAST_COLUMNS, Math.min(MOST_COLUMNS, columns));
}

/** A progress bar of `columns` cells, in eighths. `done` is 0..1. */
export function bar(done: number, columns: number): string {
  const share = Math.min(1, Math.max(0, Number.isFinite(done) ? done : 0));
  const eighths = Math.round(share * columns * 8);
  const full = Math.floor(eighths / 8);
  const rest = eighths % 8;
  const partial = rest === 0 ? '' : '▏▎▍▌▋▊▉'[rest - 1];
  return ('█'.repeat(full) + partial).padEnd(columns, '░');
}

/**
 * An aligned table: by default the first column left, the others right. The first row is the heading, with a rule
 * below.
 */
export function table(rows: readonly (readonly string[])[], align: readonly ('left' | 'right')[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, width(cell))));
  }
  const lines = rows.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i], align[i] ?? (i === 0 ? 'left' : 'right')))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((columns) => '─'.repeat(columns)).join('  ');
  return lines.length === 0 ? [] : [lines[0], rule, ...lines.slice(1)];
}

/**
 * A table that is no wider than `columns`. Columns that do not fit follow in further tables below, each with the first
 * column again, separated by an empty line.
 */
export function splitTable(
  rows: readonly (readonly string[])[],
  columns: number,
  align: readonly ('left' | 'right')[] = [],
): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => width(row[i] ?? ''))));
  const blocks: number[][] = [];
  let used = widths[0] ?? 0;
  for (let i = 1; i < widths.length; i++) {
    const block = blocks.at(-1);
    if (block !== undefined && used + 2 + widths[i] <= columns) block.push(i);
    else {
      blocks.push([i]);
      used = widths[0];
    }
    used += 2 + widths[i];
  }
  return blocks.flatMap((block, at) => [
    ...(at > 0 ? [''] : []),
    ...table(
      rows.map((row) => [row[0], ...block.map((i) => row[i] ?? '')]),
      [align[0] ?? 'left', ...block.map((i) => align[i] ?? 'right')],
    ),
  ]);
}

/** Paragraph broken at spaces so that no line is wider than `columns` (a longer word keeps its line). */
export function wrap(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const candidate = line === indent ? indent + word : `${line} ${word}`;
    if (width(candidate) > columns && line !== indent) {
      lines.push(line);
      line = indent + word;
    } else {
      line = candidate;
    }
  }
  return [...lines, line];
}

/**
 * Like `wrap`, but also breaks words, so that no line is wider than `columns`. For texts of a model; a path that is
 * broken cannot be copied.
 */
export function wrapHard(text: string, columns: number, indent = ''): string[] {
  const room = Math.max(2, columns - width(indent));
  const words = text.split(' ').flatMap((word) => chunks(word, room));
  return wrap(words.join(' '), columns, indent);
}

/** A paragraph that opens with `mark`; its further lines are indented like the text behind it. */
export function hanging(mark: string, text: string, columns: number): string[] {
  return wrap(text, columns, ' '.repeat(width(mark))).map((line, at) =>
    at === 0 ? mark + line.slice(width(mark)) : line,
  );
}

function chunks(word: string, columns: number): string[] {
  if (width(word) <= columns) return [word];
  const parts = [''];
  let used = 0;
  for (const character of word) {
    const next = width(character);
    if (used + next > columns) {
      parts.push('');
      used = 0;
    }
    parts[parts.length - 1] += character;
    used += next;
  }
  return parts;
}

/**
 * Parts joined by ` · `, broken between parts so that no line is wider than `columns`. `indent` opens each further
 * line.
 */
export function flow(parts: readonly string[], columns: number, indent = '      '): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [at, part] of parts.entries()) {
    const candidate = line === '' ? part : `${line} · ${part}`;
    // Every line but the last ends in a separator.
    const separator = at + 1 < parts.length ? 2 : 0;
    if (width(candidate) + separator <= columns || line === '') {
      line = candidate;
      continue;
    }
    lines.push(`${line} ·`);
    line = indent + part;
  }
  return line === '' ? lines : [...lines, line];
}

/**
 * A command for a shell. If it is wider than `columns`, it is broken before its options, with the mark that makes the
 * shell read on, so that it can be copied. A longer word keeps its line.
 */
export function commandLines(command: string, columns: number, indent = ''): string[] {
  if (width(indent + command) <= columns) return [indent + command];
  const [first, ...options] = command.split(/ (?=--)/);
  const lines = [indent + first];
  for (const option of options) {
    const last = lines[lines.length - 1];
    // Every line but the last ends in ` \\`.
    if (width(last) + 1 + width(option) + 2 <= columns) lines[lines.length - 1] = `${last} ${option}`;
    else {
      lines[lines.length - 1] = `${last} \\`;
      lines.push(`${indent}  ${option}`);
    }
  }
  return lines;
}

/** Shortens an absolute path inside the working folder, which holds `runsDir`. Other paths stay unchanged. */
export function shownPath(path: string, runsDir: string): string {
  if (!isAbsolute(path)) return path;
  const inside = relative(dirname(runsDir), path);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}
