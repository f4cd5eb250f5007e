/** Writes records as JSON, one per line. */

import { closeSync, openSync, writeSync } from 'node:fs';
import type { RecordWriter } from './parquet.ts';

/** Opens a file for writing. Throws the file system's error. */
export function jsonRecords(path: string): RecordWriter {
  const file = openSync(path, 'w');
  return {
    write(records) {
      const bytes = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    },
    close: () => closeSync(file),
  };
}
