import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { configLines } from './config.ts';

it('breaks long lists without changing the parsed TOML', () => {
  const config = resolveConfig({
    flags: { filter: { forbiddenInLabel: ['a "quoted", [odd] \\ item', 'x'.repeat(60)] } },
  });
  const lines = configLines(config, 80);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines).toContain('  "q_proj",');
  expect(parse(lines.join('\n'))).toEqual(parse(configLines(config, Infinity).join('\n')));
});
