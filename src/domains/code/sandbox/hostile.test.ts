import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE } from '../../../../test/fixtures/code/hostile-programs.ts';
import { Sandbox } from './sandbox.ts';
import type { Verdict } from './verdict.ts';

/** Native loops are ended after this time; everything else counts its steps. */
const DEADLINE_MS = 2000;

describe('hostile programs', () => {
  const sandbox = new Sandbox({ deadlineMs: DEADLINE_MS });
  const verdicts = new Map<string, Verdict>();
  let turns = 0;

  beforeAll(async () => {
    const timer = setInterval(() => turns++, 50);
    await Promise.all(
      HOSTILE.map(async ({ name, program, input = '' }) => verdicts.set(name, await sandbox.call(program, input))),
    );
    clearInterval(timer);
  }, 600_000);
  afterAll(() => sandbox.close());

  it('are at least 300, all different', () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(300);
    expect(new Set(HOSTILE.map(({ name }) => name)).size).toBe(HOSTILE.length);
    expect(new Set(HOSTILE.map(({ program, input }) => `${program}${input}`)).size).toBe(HOSTILE.length);
  });

  it.each(HOSTILE.map(({ name, kinds }) => [name, kinds]))('%s', (name, kinds) => {
    expect(kinds).toContain(verdicts.get(name)?.kind);
  });

  it('break no interpreter, and let this thread work meanwhile', () => {
    expect([...verdicts].filter(([, verdict]) => verdict.kind === 'stopped' && verdict.why === 'broken')).toEqual([]);
    expect(turns).toBeGreaterThan(10);
  });

  it('change nothing here, and nothing for the programs after them', async () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(
      await sandbox.call('function f(a) { return { sum: a[0] + a[1], seen: globalThis.count }; }', '[2, 3]'),
    ).toEqual({
      kind: 'value',
      value: '{"seen": undefined, "sum": 5}',
    });
  });

  it('are ended by the count of their steps if they are endless JavaScript', () => {
    const whys = [...verdicts].flatMap(([name, verdict]) =>
      name.startsWith('loop 0 ') && verdict.kind === 'stopped' ? [verdict.why] : [],
    );
    expect(whys).toEqual(Array.from({ length: 6 }, () => 'steps'));
  });
});
