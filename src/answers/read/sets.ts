/**
 * Sets of real numbers that are no list of intervals as written: `\{x \mid 0<x<6\}` and `\mathbb{R}\setminus\{5\}`.
 * Both become the interval or union that they mean, if their ends are numbers. Used by `parse.ts`.
 */
import type { Answer, Group, Scalar } from './answer.ts';
import { topLevelSplit } from './normalize.ts';
import { intervalOf } from './relation.ts';

const BUILDER =
  /^\\\{ ?([A-Za-z]|\\(?:theta|alpha|beta|lambda|mu|omega|phi))(?: ?\\in ?\\Set([A-Z]))? ?(?:\||:) ?(.+?)(?:, ?\1 ?\\in ?\\SetR)?\\\}$/;

/** Parses texts into answers, as in `parse.ts`. */
type Parts = (texts: string[]) => Answer[];

/** Returns whether a text describes a set by a condition. */
export function isBuilder(text: string): boolean {
  return text.startsWith('\\{') && BUILDER.test(text);
}

/** Parses a set of real numbers given by inequalities; null for every other condition. */
export function parseBuilder(text: string, parts: Parts): Group | null {
  const found = BUILDER.exec(text);
  if (found === null || (found[2] !== undefined && found[2] !== 'R')) return null;
  const [condition] = parts([found[3]]);
  const alternatives = condition.kind === 'group' && condition.close === 'or' ? condition.items : [condition];
  const intervals = alternatives.map((one) => (one.kind === 'relation' ? intervalOf(one) : null));
  if (!intervals.every((interval) => interval !== null)) return null;
  const sets = parts(intervals);
  if (!sets.every((set) => set.kind === 'group' && set.name === found[1])) return null;
  return unionOf(sets.flatMap((set) => (set.kind === 'group' && set.open === 'cup' ? set.items : [set])));
}

const EXCEPT = /^all real(?: numbers?|s)?(?: \w)? (?:except|other than)(?: for)? (?:[a-z]=)?(.+)$/;

/** Parses an interval, a union or ℝ without finitely many numbers; null if the result has no such form. */
export function parseDifference(text: string, parts: Parts): Group | null {
  const texts = differenceOf(text);
  if (texts === null) return null;
  const [whole, removed] = parts(texts[0] === '\\SetR' ? ['(-\\infty,\\infty)', texts[1]] : texts);
  const name = whole.name;
  if (whole.kind !== 'group' || removed.kind === 'matrix' || removed.kind === 'relation') return null;
  const points = (removed.kind === 'group' ? removed.items : [removed]).map(pointOf);
  const pieces = (whole.open === 'cup' ? whole.items : [whole]).map(pieceOf);
  if (!points.every((point) => point !== null) || !pieces.every((piece) => piece !== null)) return null;
  return { ...unionOf(pieces.flatMap((piece) => without(piece, points)).map(groupOf)), name };
}

function differenceOf(text: string): [string, string] | null {
  const except = EXCEPT.exec(text);
  if (except !== null) return ['\\SetR', except[1]];
  const parts = topLevelSplit(text, '\\setminus');
  if (parts.length === 2) return [parts[0].trim(), parts[1].trim()];
  const minus = /^(.*[)\]R])-(\\\{[^{}]*\\\})$/.exec(text);
  return minus === null ? null : [minus[1], minus[2]];
}

/** A number on the real line, with the item that wrote it. */
interface Point {
  at: number;
  item: Scalar;
}

interface Piece {
  open: string;
  close: string;
  low: Point;
  high: Point;
}

function pointOf(item: Answer): Point | null {
  if (item.kind !== 'scalar' || item.unit !== null || item.percent) return null;
  if (/^[+-]?\\infty$/.test(item.text)) return { at: item.text.startsWith('-') ? -Infinity : Infinity, item };
  const number = item.value ?? item.multiple?.value;
  if (number === undefined) return null;
  return { at: (Number(number.p) / Number(number.q)) * sizeOf(item.multiple?.of ?? '1'), item };
}

function sizeOf(unit: string): number {
  if (unit === 'pi') return Math.PI;
  return unit.startsWith('√') ? Math.sqrt(Number(unit.slice(1))) : 1;
}

function pieceOf(item: Answer): Piece | null {
  if (item.kind !== 'group' || !/^[([][)\]]$/.test(item.open + item.close) || item.items.length !== 2) return null;
  const [low, high] = item.items.map(pointOf);
  return low === null || high === null ? null : { open: item.open, close: item.close, low, high };
}

/** Takes points out of an interval: an inner one splits it, an end opens it. */
function without(piece: Piece, points: readonly Point[]): Piece[] {
  const inner = points.filter(({ at }) => at > piece.low.at && at < piece.high.at).toSorted((a, b) => a.at - b.at);
  const opened = {
    ...piece,
    open: points.some(({ at }) => at === piece.low.at) ? '(' : piece.open,
    close: points.some(({ at }) => at === piece.high.at) ? ')' : piece.close,
  };
  const ends = [opened.low, ...inner, opened.high];
  return ends.slice(1).map((high, at) => ({
    open: at === 0 ? opened.open : '(',
    close: at === inner.length ? opened.close : ')',
    low: ends[at],
    high,
  }));
}

function groupOf({ open, close, low, high }: Piece): Group {
  return { kind: 'group', open, close, items: [low.item, high.item], name: null, built: false };
}

function unionOf(sets: readonly Answer[]): Group {
  const items = sets.map((set): Answer => ({ ...set, name: null }));
  const [only] = items;
  if (items.length === 1 && only.kind === 'group') return { ...only, built: true };
  return { kind: 'group', open: 'cup', close: '', items, name: null, built: true };
}
