/** Parses CSV text into records. `rows.ts` interprets the records. */

import { CsvError, parse } from 'csv-parse/sync';

export interface CsvRecords {
  records: string[][];
  /** True if the text ends inside quotes: the part after the last record cannot be read. */
  openQuote: boolean;
}

/**
 * Parses the records of a CSV text (RFC 4180). Quoted fields may contain commas, line breaks and doubled quotes. Line
 * ends may be `\n`, `\r\n` or `\r`, also mixed. A byte-order mark and blank lines are skipped. Records may differ in
 * length. A quote inside an unquoted field is part of the field.
 */
export function parseCsv(text: string): CsvRecords {
  const records: string[][] = [];
  const keep = (record: string[]): null => {
    records.push(record);
    return null;
  };
  try {
    parse(text, {
      bom: true,
      on_record: keep,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    if (error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED') return { records, openQuote: true };
    throw error;
  }
  return { records, openQuote: false };
}
