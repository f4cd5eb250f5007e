import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { openModuleScorer } from './module-scorer.ts';
import { scoresOf } from './scorer.ts';
import { groupOf } from './scoring.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-scorer-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function moduleWith(name: string, text: string): string {
  const path = join(root, `${name}.mjs`);
  writeFileSync(path, text);
  return path;
}

const BREVITY = `export const scorer = {
  score: (groups) => groups.map(({ responses }) => responses.map(({ text }) => -text.length)),
};`;

it('scores with the scorer that a module exports', async () => {
  const path = moduleWith('brevity', BREVITY);
  const { scorer, module } = await openModuleScorer(path, 'brevity');
  expect(scorer.name).toBe('brevity');
  expect(module.path).toBe(path);
  expect(await scoresOf(scorer, [groupOf('t', ['long', 'no'])])).toEqual([[-4, -2]]);
});

it('refuses a module without a scorer, and results that are no scores', async () => {
  await expect(openModuleScorer(moduleWith('none', 'export default {};'), 'none')).rejects.toThrow(ConfigError);
  const { scorer } = await openModuleScorer(moduleWith('odd', 'export const scorer = { score: () => 3 };'), 'odd');
  await expect(scoresOf(scorer, [groupOf('t', ['a'])])).rejects.toThrow('The scorer odd did not return');
});
