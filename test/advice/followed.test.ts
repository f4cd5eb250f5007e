/**
 * Carries out the advice of every error: the thing that it names exists, is allowed at that moment, and helps. Each
 * place that creates an error has a case in `cases/`, or a reason in `cases/unfollowed.ts`.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { UNFOLLOWED } from './cases/unfollowed.ts';
import { errorSites, type ErrorSite } from './error-sites.ts';
import { errorOf, type AdviceCase } from './followed.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-advice-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FOLDER = fileURLToPath(new URL('cases/', import.meta.url));
const modules = await Promise.all(
  readdirSync(FOLDER)
    .filter((name) => name !== 'unfollowed.ts')
    .map(async (name) => ({ name, cases: ((await import(join(FOLDER, name))) as { CASES: AdviceCase[] }).CASES })),
);
const cases = modules.flatMap((module) => module.cases);
const sites = errorSites();

function isAt(site: ErrorSite, { file, message }: { file: string; message: string }): boolean {
  return site.file === file && site.message.includes(message);
}

describe('the list of cases', () => {
  it('covers every place that creates an error', () => {
    const missing = sites.filter((site) => ![...cases, ...UNFOLLOWED].some((one) => isAt(site, one)));
    expect(missing.map(({ file, line, message }) => `src/${file}:${line}: ${message}`)).toEqual([]);
  });

  it('names no place that does not exist', () => {
    const stale = [...cases, ...UNFOLLOWED].filter((one) => !sites.some((site) => isAt(site, one)));
    expect(stale.map(({ file, message }) => `${file}: ${message}`)).toEqual([]);
  });
});

describe.each(modules)('the advice of $name', ({ name, cases: own }) => {
  it.each(own.map((one, at) => ({ ...one, at })))(
    '$file: $message',
    async ({ at, ...one }) => {
      const place = join(root, name, String(at));
      mkdirSync(place, { recursive: true });
      const error = await errorOf(() => one.provoke(place));
      for (const part of one.message.split('…')) expect(error.message).toContain(part);
      expect(error.advice).toMatch(one.advice);
      await one.follow(place, error);
    },
    120_000,
  );
});
