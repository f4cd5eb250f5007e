/**
 * Rules of this repository that the linter cannot check: allowed imports between folders, and the size of files and
 * folders. CONTRIBUTING.md gives the reasons. A new folder under src/ needs a layer here.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');

/**
 * Lowest first: a folder may import from its own layer and the layers below. `.` stands for the files directly in src/.
 */
const LAYERS = [
  ['.'],
  ['files', 'wire', 'page'],
  ['engine', 'models', 'store', 'answers', 'config', 'text', 'data'],
  ['generate'],
  ['rewards', 'grpo', 'scoring', 'eval', 'domains'],
  ['loop', 'pretrain'],
  ['ablate', 'view', 'export'],
  ['index.ts'],
  ['serve'],
  ['cli'],
];

const LINE_LIMIT = 600;
const MEDIAN_LIMIT = 100;
/** Maximum number of source files per folder, without tests. */
const FOLDER_LIMIT = 20;
/** Files that are limited in length. */
const SHORT_FILES = new Map([
  ['src/loop/evolve.ts', 200],
  ['examples/whole-algorithm/evolve.mjs', 330],
]);

/** Files outside of `domains/` that may read the hidden quality of responses. */
const QUALITY_READERS = new Set(['src/eval/quality/measure.ts']);

interface Source {
  /** Path relative to the repository's root, with forward slashes. */
  path: string;
  text: string;
}

function sources(folder: string): Source[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:tsx?|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(ROOT, file).split(sep).join('/'), text: readFileSync(file, 'utf8') }));
}

const all = ['src', 'web', 'test', 'bench'].flatMap(sources).filter(({ path }) => /\.tsx?$/.test(path));
const examples = sources('examples');
/** Shipped files; tests and contract suites may import anything. */
const shipped = all.filter(({ path }) => path.startsWith('src/') && !/\.(test|contract)\.ts$/.test(path));
/** The page for browsers. */
const page = all.filter(({ path }) => path.startsWith('web/src/') && !/\.test\.tsx?$/.test(path));

/** Returns the relative imports and re-exports of a file, as written. */
function imports({ text }: Source): string[] {
  const statements = /^(?:import|export)\s+(?:[\w$*{},\s]+?\s+from\s+)?['"](\.[^'"]+)['"]/gm;
  const calls = /\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/g;
  return [...text.matchAll(statements), ...text.matchAll(calls)].map((match) => match[1]);
}

/** Returns the part of src/ that contains a file: a folder, `index.ts`, or `.` for other files directly in src/. */
function room(path: string): string {
  const parts = path.split('/').slice(1);
  if (parts.length > 1) return parts[0];
  return parts[0] === 'index.ts' ? 'index.ts' : '.';
}

function layer(name: string): number {
  return LAYERS.findIndex((names) => names.includes(name));
}

/** All imports between folders, once per file. */
const crossings = shipped.flatMap((source) =>
  imports(source)
    .map((target) =>
      relative(ROOT, resolve(ROOT, dirname(source.path), target))
        .split(sep)
        .join('/'),
    )
    .map((target) => ({ file: source.path, target, from: room(source.path), to: room(target) }))
    .filter(({ from, to }) => from !== to),
);

/** Removes comments and string contents approximately; the linter is exact, this is an additional check. */
function code(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, ' ');
}

function lineCount({ text }: Source): number {
  return text.trimEnd().split('\n').length;
}

function filesWith(pattern: RegExp, files: Source[]): string[] {
  return files.filter(({ text }) => pattern.test(code(text))).map(({ path }) => path);
}

describe('imports', () => {
  it('are found', () => {
    expect(crossings).toContainEqual(
      expect.objectContaining({ file: 'src/rewards/repetition.ts', target: 'src/text/repetition.ts' }),
    );
  });

  it('are from the same layer or a lower one', () => {
    const unplaced = [...new Set(shipped.map(({ path }) => room(path)))].filter((name) => layer(name) < 0);
    expect(unplaced).toEqual([]);
    const upwards = crossings.filter(({ from, to }) => layer(to) > layer(from));
    expect(upwards.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  it('make no cycles between folders', () => {
    let edges = new Set(crossings.map(({ from, to }) => `${from} -> ${to}`));
    // Removes folders that no remaining folder imports; the rest forms a cycle.
    for (let before = Infinity; edges.size < before;) {
      before = edges.size;
      const imported = new Set([...edges].map((edge) => edge.split(' -> ')[1]));
      edges = new Set([...edges].filter((edge) => imported.has(edge.split(' -> ')[0])));
    }
    expect([...edges]).toEqual([]);
  });

  it('read the hidden quality of responses only for audits', () => {
    // A reward that reads it would train on what must stay hidden.
    const readers = crossings.filter(({ target }) => target === 'src/domains/read-quality.ts');
    expect(readers.filter(({ file }) => !QUALITY_READERS.has(file))).toEqual([]);
    const direct = shipped.filter(
      ({ path, text }) => !path.startsWith('src/domains/') && /\.quality\b/.test(code(text)),
    );
    expect(direct.map(({ path }) => path)).toEqual([]);
  });

  it('import ONNX Runtime only through the file that disables telemetry', () => {
    const users = all.filter(({ text }) =>
      /^(?:import|export)\b[^;]*['"]onnxruntime-|\bimport\(\s*['"]onnxruntime-/m.test(text),
    );
    expect(users.map(({ path }) => path)).toEqual(['src/engine/local/runtime.ts']);
  });

  it('read no tensor of a device with getData(), which aborts the process', () => {
    expect(filesWith(/\bgetData\s*\(/, all)).toEqual(['test/gpu/read-device-tensor.ts']);
  });

  it('end in .ts, as Node and the compiler require', () => {
    const wrong = all.flatMap((source) =>
      imports(source)
        .filter((target) => !/\.(tsx?|json|css)$/.test(target))
        .map((target) => `${source.path}: ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the page', () => {
  const byPath = new Map(all.map((source) => [source.path, source]));
  /** Paths of the files that a file imports when it runs: without the imports of types. */
  const runtimeImports = (source: Source): string[] =>
    imports({ ...source, text: source.text.replaceAll(/^(?:import|export) type\b[^;]*;/gm, '') }).map((target) =>
      relative(ROOT, resolve(ROOT, dirname(source.path), target))
        .split(sep)
        .join('/'),
    );

  it('runs in a browser: nothing that it imports uses Node', () => {
    const reached = new Set(page.map(({ path }) => path));
    for (const path of reached) {
      const source = byPath.get(path);
      for (const target of source === undefined ? [] : runtimeImports(source)) reached.add(target);
    }
    const shared = [...reached].filter((path) => path.startsWith('src/'));
    expect(shared.filter((path) => /from 'node:/.test(byPath.get(path)?.text ?? ''))).toEqual([]);
    expect(reached).toContain('web/src/router.ts');
  });
});

describe('folders', () => {
  it(`contain at most ${FOLDER_LIMIT} files`, () => {
    const counts = new Map<string, number>();
    for (const { path } of [...shipped, ...page]) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > FOLDER_LIMIT)).toEqual([]);
  });
});

describe('files', () => {
  it('are short', () => {
    const long = [...all, ...examples]
      .filter((source) => lineCount(source) > (SHORT_FILES.get(source.path) ?? LINE_LIMIT))
      .map((source) => `${source.path}: ${lineCount(source)} lines`);
    expect(long).toEqual([]);
  });

  it(`have a median of at most ${MEDIAN_LIMIT} lines`, () => {
    const counts = [...shipped, ...page].map(lineCount).sort((a, b) => a - b);
    expect(counts[Math.floor(counts.length / 2)]).toBeLessThanOrEqual(MEDIAN_LIMIT);
  });

  it('contain no any and no compiler suppressions', () => {
    expect(filesWith(/(?:[:<,|&=(]|\bas|\bextends)\s*any\b(?!\s*[(:=.])/, all)).toEqual([]);
    const silencing = /@ts-(?:ignore|nocheck|expect-error)/;
    expect(all.filter(({ text }) => silencing.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('contain no skipped tests and no TODOs', () => {
    expect(filesWith(/\b(?:it|test|describe)\.(?:skip|only|todo|skipIf|runIf)\b/, all)).toEqual([]);
    const later = /\b(?:TOD[O]|FIXM[E]|XX[X])\b/;
    expect(all.filter(({ text }) => later.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
