import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { checkDomain } from './check-domain.ts';
import { arithmetic, code, type Domain, math, openDomain } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-domain-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const WHOLE = `export default {
  name: 'echo',
  challengerMessages: () => [],
  solverMessages: () => [],
  parseQuestion: (text) => ({ text, claimed: null, invalid: null }),
  extractAnswer: (text) => text,
};`;

describe('a domain', () => {
  it('is found by its name or by the path of its module', async () => {
    const path = join(root, 'echo.mjs');
    writeFileSync(path, WHOLE);
    expect(await openDomain('math')).toEqual({ domain: math, module: null });
    const { domain, module } = await openDomain(path);
    expect([domain.name, domain.extractAnswer('5'), domain.truth, module?.path]).toEqual([
      'echo',
      '5',
      undefined,
      path,
    ]);
  });

  it('with an unknown name is rejected with all names and the nearest one', async () => {
    await expect(openDomain('arithmetik')).rejects.toThrow(/"arithmetik"\. Did you mean arithmetic\?/);
    await expect(openDomain('chess')).rejects.toMatchObject({ advice: expect.stringContaining('arithmetic, math') });
  });
});

describe('a custom domain', () => {
  const { extractAnswer: _, ...withoutExtract } = arithmetic;
  const tales: Domain = { ...math, kind: 'open', criteria: ['short', 'happy'], quality: () => [1, 0] };

  it('is accepted with and without its optional members', () => {
    expect(checkDomain(arithmetic, 'here')).toBe(arithmetic);
    expect(checkDomain(math, 'here')).toBe(math);
    expect(checkDomain(code, 'here')).toBe(code);
    expect(checkDomain(tales, 'here')).toBe(tales);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'arithmetic', /is not an object/],
    ['a missing member', withoutExtract, /has no extractAnswer, which must be a function/],
    ['a member of the wrong type', { ...math, solverMessages: [] }, /solverMessages must be a function, not object/],
    ['an optional member of the wrong type', { ...math, truth: null }, /truth must be a function, not null/],
    ['half a group', { ...math, heldOut: { questions: () => [] } }, /has no heldOut\.includes/],
    ['a group that is not an object', { ...math, difficulty: () => 1 }, /difficulty is not an object/],
    ['an executor that cannot be opened', { ...code, openExecutor: {} }, /openExecutor must be a function, not object/],
    ['an unknown kind', { ...math, kind: 'closed' }, /kind must be "open", or absent/],
    ['a truth of an open domain', { ...tales, truth: () => null }, /is open, so that it cannot have truth/],
    ['quality without criteria', { ...tales, criteria: undefined }, /both quality and criteria, or neither/],
    ['criteria that are no names', { ...tales, criteria: ['Two words'] }, /criteria must be distinct names/],
    ['repeated criteria', { ...tales, criteria: ['short', 'short'] }, /criteria must be distinct names/],
    ['an empty name', { ...math, name: ' ' }, /name must have 1 to 80 characters and must not look like a path/],
  ])('is rejected for %s', (_, value, reason) => {
    const refused = (): Domain => checkDomain(value, 'here');
    expect(refused).toThrow(ConfigError);
    expect(refused).toThrow(reason);
  });
});
