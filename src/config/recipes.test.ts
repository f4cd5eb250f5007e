import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { resolveConfig } from './load.ts';

const folder = fileURLToPath(new URL('../../recipes', import.meta.url));
/** Of runs; `rzero pretrain` has a config of its own, and so has `rzero ablate`. */
const recipes = readdirSync(folder).filter((name) => name.endsWith('.toml') && !/^(pretrain|ablate)-/.test(name));

it.each(recipes)('%s loads, and the README tells of it', (name) => {
  const config = resolveConfig({ files: [join(folder, name)] });
  expect(config.filter.minQuestions).toBeLessThanOrEqual(config.pool.questions);
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(`\`${name}\``);
});

it('arithmetic.toml is what runs without any config', () => {
  expect(resolveConfig({ files: [join(folder, 'arithmetic.toml')] })).toEqual(resolveConfig());
});

it('r-zero-paper.toml keeps the numbers of the paper scale', () => {
  const recipe = resolveConfig({ files: [join(folder, 'r-zero-paper.toml')] });
  const scale = resolveConfig({ scale: 'paper', flags: { model: recipe.model, domain: recipe.domain } });
  expect(recipe).toEqual(scale);
});
