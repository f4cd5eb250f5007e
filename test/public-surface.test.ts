/**
 * Checks the public API: every path of the package's `exports` is a file that only re-exports, and every type in an
 * exported declaration can be imported too, so that users can create all arguments.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');

interface Entry {
  /** Import path, e.g. `rzero/eval`. */
  path: string;
  types: string;
  default: string;
}

const manifest: { exports: Record<string, Omit<Entry, 'path'>> } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
);
const entries: Entry[] = Object.entries(manifest.exports).map(([path, files]) => ({
  path: join('rzero', path).replaceAll('\\', '/'),
  ...files,
}));

let built: string;
beforeAll(() => {
  // Inside the repository, so that the declarations can import their packages.
  built = mkdtempSync(join(ROOT, 'node_modules', '.rzero-surface-'));
  compile(join(ROOT, 'tsconfig.build.json'), '--outDir', built);
}, 300_000);
afterAll(() => rmSync(built, { recursive: true, force: true }));

/** Returns the compiler's errors; empty if there are none. */
function compile(project: string, ...more: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMPILER, '-p', project, ...more], {
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** Returns the path of a package file in this test's build. */
function inBuild(path: string): string {
  return join(built, path.replace(/^\.\/dist\//, ''));
}

function sourceOf({ default: file }: Entry): string {
  const path = file.replace('./dist/', 'src/').replace(/\.js$/, '.ts');
  return readFileSync(join(ROOT, path), 'utf8');
}

const REEXPORT = /export (?:type )?(?:\{[^}]*\}|\*) from '[^']+';/g;

describe.each(entries)('$path', (entry) => {
  it('points to files of the build', () => {
    expect([entry.types, entry.default].filter((path) => !existsSync(inBuild(path)))).toEqual([]);
  });

  it('has a doc comment and only re-exports', () => {
    const text = sourceOf(entry);
    expect(text.startsWith(`/**`)).toBe(true);
    expect(text).toContain(`\`${entry.path}\``);
    expect(
      text
        .replaceAll(/\/\*[\s\S]*?\*\//g, '')
        .replaceAll(REEXPORT, '')
        .trim(),
    ).toBe('');
  });
});

/** The file that declares a public name, and its original name. */
interface Place {
  file: string;
  name: string;
}

/** Returns the names that a declaration file exports, with the files that declare them. */
function namesOf(file: string): Map<string, Place> {
  const text = readFileSync(file, 'utf8');
  const names = new Map<string, Place>();
  const target = (from: string): string => resolve(dirname(file), from.replace(/\.[tj]s$/, '.d.ts'));
  for (const [, name] of text.matchAll(/^export (?:declare )?(?:interface|type|class|function|const) (\w+)/gm)) {
    names.set(name, { file, name });
  }
  for (const [, from] of text.matchAll(/^export (?:type )?\* from '([^']+)'/gm)) {
    for (const [name, place] of namesOf(target(from))) names.set(name, place);
  }
  for (const [, list, from] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)) {
    for (const one of list.split(',')) {
      const [name, as = name] = one
        .trim()
        .replace(/^type /, '')
        .split(' as ');
      const place = name === '' ? undefined : namesOf(target(from)).get(name);
      if (place !== undefined) names.set(as, place);
    }
  }
  return names;
}

/** Types of the language and of Node that declarations may use. */
const GIVEN = new Set(
  `Promise Record Partial Required Readonly ReadonlyArray ReadonlyMap ReadonlySet Map Set Pick Omit Extract Exclude
  Array ArrayLike Iterable AsyncIterable AsyncGenerator Error URL AbortSignal Float32Array Float64Array Int32Array Uint8Array
  Parameters ReturnType NonNullable Infinity Date`.split(/\s+/),
);

/** Returns the text of a declaration, without comments and string literals. */
function declarationOf({ file, name }: Place): string {
  const text = readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
  const start = new RegExp(`^export (?:declare )?(?:interface|type|class|function|const) ${name}\\b`, 'm').exec(text);
  if (start === null) throw new Error(`${file} does not declare ${name}`);
  const rest = text.slice(start.index);
  return rest.split(/\n(?=export |declare |import |interface |type )/, 1)[0];
}

/** Returns the names of type parameters of a declaration or of its methods. */
function typeParameters(declaration: string): string[] {
  return [...declaration.matchAll(/\b\w+<([^<>()]*?(?:<[^<>]*>)?[^<>()]*?)>\s*(?:\(|=|\{|extends)/g)].flatMap(
    ([, list]) => list.split(',').map((one) => one.trim().split(/\s/, 1)[0]),
  );
}

it('is enough to compile the examples against its declarations', () => {
  const project = join(built, 'tsconfig.json');
  const paths = Object.fromEntries(entries.map(({ path, types }) => [path, [inBuild(types)]]));
  const compilerOptions = { paths, noEmit: true, rootDir: ROOT, typeRoots: [join(ROOT, 'node_modules/@types')] };
  const include = [join(ROOT, 'examples/**/*')];
  writeFileSync(project, JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include }));
  expect(compile(project)).toBe('');
}, 300_000);

it('uses only types that can be imported', () => {
  const names = new Map(entries.flatMap(({ types }) => [...namesOf(inBuild(types))]));
  expect(names.get('evolve')?.file).toContain('evolve.d.ts');
  const hidden = [...names].flatMap(([name, place]) => {
    const declaration = declarationOf(place);
    const own = new Set([place.name, ...typeParameters(declaration)]);
    const used = [...declaration.matchAll(/(?<![.\w])[A-Z]\w*/g)].map(([used]) => used);
    return used.filter((one) => !names.has(one) && !GIVEN.has(one) && !own.has(one)).map((one) => `${name}: ${one}`);
  });
  expect([...new Set(hidden)]).toEqual([]);
});
