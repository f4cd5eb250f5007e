/** A row of a data file, and the reason why a row could not be read. */

/** One row by column name, with the values as stored. */
export type Row = Readonly<Record<string, unknown>>;

/** The reason why a row could not be read. */
export interface Malformed {
  malformed: string;
}

/**
 * A row with its location: `FILE:LINE` where rows are lines of text, otherwise `FILE, row N`; both count from 1. A CSV
 * record counts by its first line.
 */
export type PlacedRow = { place: string } & ({ columns: Row } | Malformed);

/** Returns a JSON value as a row. */
export function asRow(value: unknown): { columns: Row } | Malformed {
  if (Array.isArray(value)) return { malformed: 'a list' };
  if (typeof value === 'object' && value !== null) return { columns: { ...value } };
  return { malformed: `a bare ${value === null ? 'null' : typeof value}` };
}

export function isMalformed<T extends object>(value: T | Malformed): value is Malformed {
  return 'malformed' in value;
}
