/**
 * Finds, sorts and pages the questions of a run. Pure, without Node: the server, an exported page and the tests call the
 * same function. `records.ts` reads the records from a run; `types.ts` defines the query.
 */

import type { QuestionPage, QuestionQuery, QuestionRow, QuestionSort } from './types.ts';

/** A question with the text that a search looks at. */
export interface QuestionRecord {
  row: QuestionRow;
  /** The text without case, and with single spaces; only its first 2,000 characters. */
  key: string;
}

const LONGEST_KEY = 2000;
const PAGE = 100;
const LARGEST_PAGE = 500;

/** Makes a record. `text`: the whole text of the question; default: the row's. */
export function recordOf(row: QuestionRow, text: string = row.text): QuestionRecord {
  return { row, key: textKey(text) };
}

/** Returns a text without case, and with single spaces. Equal texts have equal keys. */
export function textKey(text: string): string {
  return text.slice(0, LONGEST_KEY).trim().replaceAll(/\s+/g, ' ').toLowerCase();
}

/** Returns the page of records that a query asks for, and how many match. `records`: all questions, in order. */
export function queryQuestions(
  records: readonly QuestionRecord[],
  query: QuestionQuery,
): Pick<QuestionPage, 'total' | 'rows' | 'all'> {
  const { sort = 'order', descending = false, offset = 0, limit = PAGE } = query;
  const matches = filterOf(query);
  const all = orderOf(records, sort, descending);
  const found = matches === null ? all : all.filter(matches);
  const size = Math.min(limit, LARGEST_PAGE);
  const rows = found.slice(offset, offset + size).map(({ row }) => row);
  return { total: found.length, all: records.length, rows };
}

type Test = (record: QuestionRecord) => boolean;

/** Returns the test of all filters; null if there is none. */
function filterOf({ search = '', iterations, origin, agreement, verdict, label }: QuestionQuery): Test | null {
  const tests: Test[] = [];
  if (iterations !== undefined && iterations.length > 0) {
    const wanted = new Set(iterations);
    tests.push(({ row }) => wanted.has(row.iteration));
  }
  if (origin !== undefined) tests.push(({ row }) => row.origin === origin);
  if (agreement !== undefined) {
    const [low, high] = agreement;
    tests.push(({ row }) => row.agreement !== null && row.agreement >= low && row.agreement <= high);
  }
  if (verdict !== undefined) {
    tests.push(({ row }) => row.decided && (verdict === 'kept' ? row.dropped === null : row.dropped === verdict));
  }
  if (label === 'ill-posed') tests.push(({ row }) => row.illPosed);
  else if (label !== undefined) tests.push(({ row }) => row.labelCorrect === (label === 'right'));
  // The dearest test comes last.
  const words = textKey(search);
  if (words !== '') tests.push(searchTest(words));
  if (tests.length === 0) return null;
  return (record) => {
    for (const test of tests) if (!test(record)) return false;
    return true;
  };
}

function searchTest(words: string): Test {
  return ({ key, row: { id, label, truth } }) =>
    key.includes(words) || contains(label, words) || contains(truth, words) || id === words;
}

function contains(text: string | null, words: string): boolean {
  return text !== null && text.toLowerCase().includes(words);
}

const MEASURES: Readonly<Record<Exclude<QuestionSort, 'order'>, (row: QuestionRow) => number | null>> = {
  agreement: ({ agreement }) => agreement,
  difficulty: ({ difficulty }) => difficulty,
  length: ({ length }) => length,
  attempts: ({ attempts }) => attempts,
};

/** All records in each order that was asked for; kept as long as the records are. */
const orders = new WeakMap<readonly QuestionRecord[], Map<string, readonly QuestionRecord[]>>();

/** Returns all records in an order. */
function orderOf(
  records: readonly QuestionRecord[],
  sort: QuestionSort,
  descending: boolean,
): readonly QuestionRecord[] {
  if (sort === 'order' && !descending) return records;
  const known = orders.get(records) ?? new Map<string, readonly QuestionRecord[]>();
  orders.set(records, known);
  const name = `${sort} ${descending}`;
  const order = known.get(name) ?? sorted(records, sort, descending);
  known.set(name, order);
  return order;
}

/** Sorts by a measure; equal ones keep their order, and questions without the measure come last. */
function sorted(records: readonly QuestionRecord[], sort: QuestionSort, descending: boolean): QuestionRecord[] {
  if (sort === 'order') return records.toReversed();
  const measure = MEASURES[sort];
  const sign = descending ? -1 : 1;
  const values = Float64Array.from(records, ({ row }) => sign * (measure(row) ?? sign * Infinity));
  const order = Array.from(records.keys()).sort((a, b) => compare(values[a], values[b]) || a - b);
  return order.map((at) => records[at]);
}

/** The difference of two infinities is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
