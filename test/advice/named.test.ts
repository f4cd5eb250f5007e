/** Everything that a text of the program names exists: commands with their options, settings, files and npm scripts. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { configTables, describeConfig } from '../../src/config/describe.ts';
import { ROOT, rzero } from '../fixtures/program.ts';
import { sourceTexts, type SourceText } from './error-sites.ts';

const COMMANDS = [
  'evolve',
  'resume',
  'runs',
  'show',
  'query',
  'eval',
  'chat',
  'finetune',
  'ablate',
  'export',
  'doctor',
  'pretrain',
  'serve',
];
/** Options of each command. */
const options = new Map<string, Set<string>>();

beforeAll(async () => {
  const helps = await Promise.all(COMMANDS.map((command) => rzero([command, '--help'])));
  for (const [at, { out }] of helps.entries()) {
    options.set(COMMANDS[at], new Set([...out.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1])));
  }
}, 120_000);

const texts = sourceTexts();
const TABLES = configTables();
const KEYS = new Set([...describeConfig().map(({ path }) => path), ...TABLES]);

function where({ file, line, text }: SourceText, what: string): string {
  return `src/${file}:${line}: ${what} in "${text.slice(0, 100)}"`;
}

describe('the program names', () => {
  it('only commands that exist, each with options that it has', () => {
    const wrong = texts.flatMap((source) =>
      [...source.text.matchAll(/`(?:npx )?rzero ([a-z]+)([^`]*)`/g)].flatMap(([, command, rest]) => {
        const known = options.get(command);
        if (known === undefined) return [where(source, `unknown command ${command}`)];
        const flags = [...rest.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);
        return flags.filter((flag) => !known.has(flag)).map((flag) => where(source, `${command} has no ${flag}`));
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('only options that some command has', () => {
    const known = new Set([...options.values()].flatMap((flags) => [...flags]));
    // Options of other programs.
    for (const flag of ['--ignore-scripts', '--expose-gc', '--import']) known.add(flag);
    const wrong = texts.flatMap((source) =>
      [...source.text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)]
        .filter(([flag]) => !known.has(flag))
        .map(([flag]) => where(source, `unknown option ${flag}`)),
    );
    expect(wrong).toEqual([]);
  });

  it('only settings that exist', () => {
    const tables = TABLES.filter((table) => !table.includes('.')).join('|');
    const pattern = new RegExp(`(?<![\\w./…-])(?:${tables})(?:\\.[a-z]\\w*)+(?![\\w/])`, 'g');
    const wrong = texts.flatMap((source) =>
      [...source.text.matchAll(pattern)]
        .filter(([key]) => !KEYS.has(key) && !isFile(key))
        .map(([key]) => where(source, `unknown setting ${key}`)),
    );
    expect(wrong).toEqual([]);
  });

  it('only files of the package that exist', () => {
    const wrong = texts.flatMap((source) =>
      [...source.text.matchAll(/(?<![\w./…-])(?:docs|recipes|examples|models)\/[\w./-]+\.\w+/g)]
        .filter(([path]) => !existsSync(join(ROOT, path)))
        .map(([path]) => where(source, `no file ${path}`)),
    );
    expect(wrong).toEqual([]);
  });

  it('only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const wrong = texts.flatMap((source) =>
      [...source.text.matchAll(/npm run ([\w:]+)/g)]
        .filter(([, script]) => !(script in scripts))
        .map(([, script]) => where(source, `no script ${script}`)),
    );
    expect(wrong).toEqual([]);
  });
});

/** `engine.ts` in a text is a file, not a setting. */
function isFile(name: string): boolean {
  return /\.(?:ts|js|mjs|json|toml|db)$/.test(name);
}
