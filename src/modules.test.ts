import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from './errors.ts';
import { hashImports, hashModule, importDefault, importModule, isModulePath, moduleLabel } from './modules.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-modules-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(root, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('a name or a path', () => {
  it.each([
    ['arithmetic', false, 'arithmetic'],
    ['./anagrams', true, 'anagrams'],
    ['anagrams.mjs', true, 'anagrams'],
    ['/home/me/anagrams.js', true, 'anagrams'],
    ['C:\\me\\anagrams.ts', true, null],
  ])('%s', (value, isPath, label) => {
    expect(isModulePath(value)).toBe(isPath);
    if (label !== null) expect(moduleLabel(value)).toBe(label);
  });
});

describe('loading a module', () => {
  it('returns its exports, its absolute path and its hash', async () => {
    const path = file('plain.mjs', 'export default 1;\nexport const rewards = 2;\n');
    expect(await importModule(path, 'domain')).toEqual({
      path,
      exports: { default: 1, rewards: 2 },
      hash: hashModule(path),
    });
    expect(await importDefault(path, 'domain')).toBe(1);
  });

  it.each([
    ['nowhere.mjs', null, /The domain module .*nowhere\.mjs does not exist/, 'restore the file'],
    ['named.mjs', 'export const one = 1;', /has no default export/, 'export default'],
    ['broken.mjs', 'throw new Error("not today");', /cannot be loaded: not today/, 'Run `node '],
    ['lost.mjs', "import 'no-such-package-anywhere';", /cannot be loaded/, 'npm install'],
  ])('rejects %s with the reason', async (name, text, reason, advice) => {
    const path = text === null ? join(root, name) : file(name, text);
    const refused = importDefault(path, 'domain');
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toMatchObject({ advice: expect.stringContaining(advice) });
  });
});

describe('the hash of a module', () => {
  it('covers relative imports, and does not depend on the folder', () => {
    const [b, c, d] = ['./b.mjs', './sub/c.mjs', './d.mjs'];
    const text = `import { b } from '${b}';\nexport * from '${c}';\nexport default await import('${d}');\n`;
    const path = file('whole/a.mjs', text);
    for (const name of ['b.mjs', 'sub/c.mjs', 'd.mjs', 'unused.mjs']) file(`whole/${name}`, 'export const b = 1;\n');
    const first = hashModule(path);
    file('whole/unused.mjs', 'export const b = 2;\n');
    expect(hashModule(path)).toBe(first);
    const changed = ['b.mjs', 'sub/c.mjs', 'd.mjs'].map((name) => {
      file(`whole/${name}`, 'export const b = 2;\n');
      const hash = hashModule(path);
      file(`whole/${name}`, 'export const b = 1;\n');
      return hash;
    });
    expect(new Set([first, ...changed]).size).toBe(4);
    renameSync(join(root, 'whole'), join(root, 'moved'));
    expect(hashModule(join(root, 'moved/a.mjs'))).toBe(first);
  });

  it('covers required modules and data files that are named by a literal path', () => {
    const path = file(
      'data/a.cjs',
      "const b = require('./b.cjs');\nconst url = new URL('./answers.json', import.meta.url);\n",
    );
    file('data/b.cjs', 'module.exports = 1;\n');
    file('data/answers.json', '{"1 + 1":"2"}');
    const [first, imports] = [hashModule(path), hashImports(path)];
    file('data/answers.json', '{"1 + 1":"3"}');
    const second = hashModule(path);
    file('data/b.cjs', 'module.exports = 2;\n');
    expect(new Set([first, second, hashModule(path)]).size).toBe(3);
    // The hash of older runs is still computed as they recorded it.
    expect(hashImports(path)).toBe(imports);
  });

  it('accepts modules that import each other', () => {
    const path = file('circle/a.mjs', "import './b.mjs';\n");
    file('circle/b.mjs', "import './a.mjs';\n");
    expect(hashModule(path)).toMatch(/^[0-9a-f]{16}$/);
  });
});
