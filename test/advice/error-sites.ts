/** Finds every place under src/ that creates an error with advice, by parsing the sources. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { ROOT } from '../fixtures/program.ts';

/** One `new …Error(…)` of an error class of src/errors.ts. */
export interface ErrorSite {
  /** Path relative to src/. */
  file: string;
  line: number;
  /** Fixed text of the message; `…` stands for each computed part. */
  message: string;
  /** Fixed text of the advice; `…` stands for each computed part. */
  advice: string;
}

/** A text in the sources: a string, or a template with `…` for each computed part. */
export interface SourceText {
  /** Path relative to src/. */
  file: string;
  line: number;
  text: string;
}

interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

interface Parsed {
  file: string;
  source: string;
  nodes: Node[];
}

const CLASSES = new Set(['ConfigError', 'ModelLoadError', 'EngineError', 'GradingError', 'StoreError', 'EvalError']);

/** All error sites, by file and line. */
export function errorSites(): ErrorSite[] {
  return parsedSources().flatMap((parsed) => {
    const calls = parsed.nodes.filter(({ type, callee }) => type === 'NewExpression' && CLASSES.has(nameOf(callee)));
    return calls.map((call) => siteOf(parsed, call));
  });
}

/** All texts of the sources. */
export function sourceTexts(): SourceText[] {
  return parsedSources().flatMap(({ file, source, nodes }) =>
    nodes
      .filter(({ type, value }) => type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string'))
      .map((node) => ({ file, line: lineOf(source, node), text: fixedText(node) })),
  );
}

function siteOf({ file, source }: Parsed, call: Node): ErrorSite {
  const given = call.arguments as Node[];
  // EngineError takes its kind first.
  const [message, advice] = nameOf(call.callee) === 'EngineError' ? given.slice(1) : given;
  return { file, line: lineOf(source, call), message: fixedText(message), advice: fixedText(advice) };
}

let cache: Parsed[] | null = null;

function parsedSources(): Parsed[] {
  cache ??= readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.(test|contract)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map(parse);
  return cache;
}

function parse(path: string): Parsed {
  const source = readFileSync(path, 'utf8');
  const file = relative(join(ROOT, 'src'), path).split(sep).join('/');
  return { file, source, nodes: [...descendants(parseAst(source, { lang: 'ts' }, path) as unknown as Node)] };
}

function* descendants(node: Node): Generator<Node> {
  yield node;
  for (const child of Object.values(node).flat()) if (isNode(child)) yield* descendants(child);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function nameOf(callee: unknown): string {
  return isNode(callee) && typeof callee.name === 'string' ? callee.name : '';
}

/** The text of a string or template; `…` for any other expression. */
function fixedText(node: Node): string {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral') return '…';
  return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('…');
}

function lineOf(source: string, { start }: Node): number {
  return source.slice(0, start).split('\n').length;
}
