/** Parses CSV text into records. `rows.ts` interprets the records. */

import { CsvError, parse } from 'csv-parse/sync';

export interface CsvRecord {
  fields: string[];
  /** Line on which the record begins, from 1. */
  line: number;
}

export interface CsvRecords {
  records: CsvRecord[];
  /** Line of a quote that is never closed; the part after the last record cannot be read. Null if there is none. */
  openQuote: number | null;
}

/**
 * Parses the records of a CSV text (RFC 4180). Quoted fields may contain delimiters, line breaks and doubled quotes.
 * Line ends may be `\n`, `\r\n` or `\r`, also mixed. A byte-order mark and blank lines are skipped. Records may differ
 * in length. A quote inside an unquoted field is part of the field.
 */
export function parseCsv(text: string, delimiter = ',', most = -1): CsvRecords {
  const records: CsvRecord[] = [];
  const keep = (fields: string[], { lines }: { lines: number }): null => {
    records.push({ fields, line: lines - breaksIn(fields) });
    return null;
  };
  try {
    parse(text, {
      bom: true,
      delimiter,
      on_record: keep,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: most,
    });
  } catch (error) {
    if (!(error instanceof CsvError) || error.code !== 'CSV_QUOTE_NOT_CLOSED') throw error;
    const last = records.at(-1);
    return { records, openQuote: last === undefined ? 1 : last.line + breaksIn(last.fields) + 1 };
  }
  return { records, openQuote: null };
}

function breaksIn(fields: readonly string[]): number {
  return fields.reduce((count, field) => count + field.split('\n').length - 1, 0);
}

const DELIMITERS = [',', ';', '\t', '|'];
/** Records and characters by which a delimiter is chosen. */
const SAMPLE_RECORDS = 20;
const SAMPLE_CHARACTERS = 65_536;

/**
 * Returns the delimiter of a CSV text: the one with which most of the first records have as many fields as the header,
 * and at least two. The comma if there is none; with equal shares, the one that gives the header more fields.
 */
export function delimiterOf(text: string): string {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  let best = { delimiter: ',', share: 0, fields: 1 };
  for (const delimiter of DELIMITERS) {
    const [header, ...rest] = parseCsv(sample, delimiter, SAMPLE_RECORDS).records;
    const fields = header?.fields.length ?? 0;
    if (fields < 2) continue;
    const share = rest.length === 0 ? 1 : rest.filter((record) => record.fields.length === fields).length / rest.length;
    if (share > best.share || (share === best.share && fields > best.fields)) best = { delimiter, share, fields };
  }
  return best.delimiter;
}
