/** CSV as text to records; what the records mean is decided in `rows.ts`. */

import { CsvError, parse } from 'csv-parse/sync';

export interface CsvRecords {
  records: string[][];
  /** The text ends inside quotes: what follows the last record is not readable. */
  openQuote: boolean;
}

/**
 * Records of a CSV text (RFC 4180): fields in quotes may hold commas, line breaks and doubled quotes. Line ends may be
 * `\n`, `\r\n` or `\r`, also mixed. A byte-order mark and blank lines are skipped; records may differ in length; a
 * quote inside an unquoted field is part of it.
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
