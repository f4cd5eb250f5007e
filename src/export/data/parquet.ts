/** Writes records as a Parquet file, one row group at a time, so that the memory holds one group only. */

import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { Column, ColumnType, FieldType, Row } from './tables.ts';

export interface RecordWriter {
  /** Writes records; a Parquet file gets one row group of them. */
  write(records: readonly Row[]): void;
  close(): void;
}

/** Opens a file for writing. Throws the file system's error. */
export function parquetRecords(path: string, columns: readonly Column[]): RecordWriter {
  const writer = new ParquetWriter({ writer: fileWriter(path), schema: parquetSchema(columns), createdBy: 'rzero' });
  return {
    write(records) {
      const columnData = columns.map(({ name }) => ({ name, data: records.map((record) => record[name]) }));
      // The file is written without waiting, so there is no promise.
      void writer.write({ columnData, rowGroupSize: records.length });
    },
    close: () => void writer.finish(),
  };
}

/** Returns the schema: every column may be null. A list is Parquet's three-level list of structs. */
export function parquetSchema(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: 'root', num_children: columns.length },
    ...columns.flatMap(({ name, type }) => elementsOf(name, type)),
  ];
}

function elementsOf(name: string, type: ColumnType): SchemaElement[] {
  if (typeof type === 'string') return [leaf(name, type)];
  return [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'OPTIONAL', num_children: type.list.length },
    ...type.list.map(([field, inner]) => leaf(field, inner)),
  ];
}

const LEAVES: Record<FieldType | 'bool', Omit<SchemaElement, 'name'>> = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  int: { type: 'INT32' },
  double: { type: 'DOUBLE' },
  bool: { type: 'BOOLEAN' },
};

function leaf(name: string, type: FieldType | 'bool'): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', ...LEAVES[type] };
}
