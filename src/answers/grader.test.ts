import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { GradingError } from '../errors.ts';
import { createGrader, type Grader } from './grader.ts';
import { describeInterruption, type Interruption } from './workers/evaluators.ts';

describe('Grader', () => {
  const grader = createGrader({ deadlineMs: 20_000 });
  afterAll(() => grader.close());

  it('counts numbers without starting the worker', async () => {
    const votes = ['0.5', '1/2', null, '3', ' ', '\\frac12', '$$'];
    expect(await grader.tally(votes)).toEqual({
      groups: [
        { answer: '0.5', count: 3, weight: 3 },
        { answer: '3', count: 1, weight: 1 },
      ],
      label: '0.5',
      agreement: 3 / 7,
      unanswered: 3,
      attempts: 7,
    });
    expect(grader.workersStarted).toBe(0);
  });

  it('keeps classes in order of appearance on ties, and accepts no votes', async () => {
    expect((await grader.tally(['2', '1', '1', '2', '3'])).groups.map(({ answer }) => answer)).toEqual(['2', '1', '3']);
    expect(await grader.tally([])).toEqual({ groups: [], label: null, agreement: 0, unanswered: 0, attempts: 0 });
    expect(await grader.tally([null, ''])).toMatchObject({ label: null, agreement: 0, unanswered: 2, attempts: 2 });
  });

  it('evaluates only answers that differ in notation, and counts the reasons', async () => {
    const tally = await grader.tally(['1+2\\sqrt{2}', '\\sqrt{8}+1', '3', '1+\\frac{4}{\\sqrt{2}}']);
    expect(tally.groups).toEqual([
      { answer: '1+2\\sqrt{2}', count: 3, weight: 3 },
      { answer: '3', count: 1, weight: 1 },
    ]);
    expect(grader.workersStarted).toBe(1);
    expect(grader.counts()).toMatchObject({ 'equal/evaluated': 2 });
  });

  it('treats the names of object prototypes as ordinary answers', async () => {
    const names = ['__proto__', 'constructor', 'toString', '__proto__', 'hasOwnProperty'];
    const tally = await grader.tally(names);
    expect(tally.groups[0]).toEqual({ answer: '__proto__', count: 2, weight: 2 });
    expect(tally.groups).toHaveLength(4);
  });
});

describe('a grader with a custom rule', () => {
  it('calls the rule first, and the other steps if the rule cannot decide', async () => {
    const grader = createGrader({
      deadlineMs: 20_000,
      equal: (a, b) => (a.length === 1 && b.length === 1 ? a === b : null),
    });
    expect(await grader.equal('x', 'X')).toEqual({ verdict: 'different', reason: 'own-rule' });
    expect((await grader.equal('1/2', '0.5')).verdict).toBe('equal');
    const { groups } = await grader.tally(['x', 'X', ' x ', '1/2', '0.5', null]);
    expect(groups).toEqual([
      { answer: 'x', count: 2, weight: 2 },
      { answer: '1/2', count: 2, weight: 2 },
      { answer: 'X', count: 1, weight: 1 },
    ]);
    await grader.close();
  });
});

describe('the computer algebra', () => {
  it('starts only for pairs that the exact evaluator leaves undecided', async () => {
    const grader = createGrader({ deadlineMs: 20_000 });
    try {
      expect(await grader.equal('\\sqrt{12}+1', '1+2\\sqrt{3}')).toEqual({ verdict: 'equal', reason: 'evaluated' });
      expect(await grader.equal('\\sin(x)', '\\cos(x)')).toEqual({ verdict: 'different', reason: 'different-value' });
      expect(grader.workersStarted).toBe(1);
      expect(await grader.equal('\\sin^2 x+\\cos^2 x', '1')).toEqual({ verdict: 'equal', reason: 'simplified' });
      expect(await grader.equal('\\sqrt{3+2\\sqrt{2}}', '1+\\sqrt{2}')).toEqual({ verdict: 'equal', reason: 'digits' });
      expect(grader.workersStarted).toBe(2);
    } finally {
      await grader.close();
    }
  });

  it('replaces its worker after a number of tasks, and kills it at the deadline', async () => {
    const algebraWorker = new URL('../../test/fixtures/workers/hanging-evaluator.ts', import.meta.url);
    const worker = new URL('../../test/fixtures/workers/asking-evaluator.ts', import.meta.url);
    const grader = createGrader({ deadlineMs: 2000, worker, algebraWorker, tasksPerWorker: 2 });
    try {
      expect(await grader.equal('x+1', '1+x')).toEqual({ verdict: 'equal', reason: 'evaluated' });
      expect(await grader.equal('x+2', '2+x')).toEqual({ verdict: 'equal', reason: 'evaluated' });
      expect(grader.workersStarted).toBe(2);
      expect(await grader.equal('x+3', '3+x')).toEqual({ verdict: 'equal', reason: 'evaluated' });
      expect(grader.workersStarted).toBe(4);
      expect(await grader.equal('spin', 'x+4')).toEqual({ verdict: 'undecided', reason: 'timeout' });
    } finally {
      await grader.close();
    }
  });
});

describe('a grader whose evaluator hangs', () => {
  const fixture = (name: string): URL => new URL(`../../test/fixtures/workers/${name}`, import.meta.url);

  it('gives up at the deadline, twice per answer and call', async () => {
    const interrupted: Interruption[] = [];
    const grader = createGrader({
      deadlineMs: 2000,
      worker: fixture('hanging-evaluator.ts'),
      onInterrupted: (one) => interrupted.push(one),
    });
    try {
      expect(await grader.equal('spin', 'x+1')).toEqual({ verdict: 'undecided', reason: 'timeout' });
      expect(interrupted).toEqual([{ a: 'spin', b: 'x+1', reason: 'timeout' }]);
      expect(describeInterruption(interrupted[0])).toMatch(/"spin" and "x\+1" took too long .* count as not equal/);
      expect(grader.workersStarted).toBe(1);
      expect(await grader.tally(['spin', 'x+2', '1+x', 'x+1', 'spin', 'x+3', 'x+4'])).toMatchObject({
        groups: [
          { answer: 'spin', count: 2, weight: 2 },
          { answer: '1+x', count: 2, weight: 2 },
          { answer: 'x+2', count: 1, weight: 1 },
          { answer: 'x+3', count: 1, weight: 1 },
          { answer: 'x+4', count: 1, weight: 1 },
        ],
      });
      // The answers paired with the one that hangs are still compared.
      expect(interrupted).toHaveLength(3);
      expect(grader.counts()).toMatchObject({ 'undecided/timeout': 6, 'equal/evaluated': 1 });
    } finally {
      await grader.close();
    }
  });

  it('compares again what was stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rzero-grader-'));
    const asks: ((grader: Grader) => Promise<unknown>)[] = [
      async (grader) => (await grader.equal('x+1', '1+x')).verdict === 'equal',
      async (grader) => (await grader.tally(['x+1', '1+x'])).groups.length === 1,
    ];
    try {
      for (const [at, ask] of asks.entries()) {
        const worker = fixture(`once-hanging-evaluator.ts?mark=${join(folder, String(at))}`);
        const grader = createGrader({ deadlineMs: 2000, worker });
        expect([await ask(grader), await ask(grader)]).toEqual([false, true]);
        await grader.close();
      }
      const worker = fixture(`once-hanging-evaluator.ts?mark=${join(folder, 'label')}`);
      const grader = createGrader({ deadlineMs: 2000, worker });
      const isLabel = grader.comparerTo('x+1');
      expect([await isLabel('1+x'), await isLabel('1+x')]).toEqual([false, true]);
      await grader.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('starts a new worker for a pair that killed a used one', async () => {
    const worker = fixture('dying-evaluator.ts');
    const grader = createGrader({ deadlineMs: 20_000, worker });
    try {
      expect(await grader.equal('x+1', '1+x')).toMatchObject({ verdict: 'equal' });
      // The third task of every worker of this fixture kills it.
      expect(await grader.equal('x+2', '2+x')).toMatchObject({ verdict: 'equal' });
      expect(await grader.equal('x+3', '3+x')).toMatchObject({ verdict: 'equal' });
      expect(grader.workersStarted).toBe(2);
    } finally {
      await grader.close();
    }
  });
});

describe('weighted votes', () => {
  const grader = createGrader();
  afterAll(() => grader.close());
  const answers = fc.array(fc.option(fc.constantFrom('1', '1/1', '2', '\\frac{4}{2}', '0.5', '', 'x')), {
    maxLength: 12,
  });
  const same = (answer: string | null): { answer: string | null; weight: number } => ({ answer, weight: 1 });

  it('are plain votes where all weigh 1, to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (votes) => {
        const plain = await grader.tally(votes);
        expect(await grader.tally(votes.map(same))).toEqual(plain);
        expect(plain.groups.map(({ weight }) => weight)).toEqual(plain.groups.map(({ count }) => count));
        expect(plain.agreement).toBe(votes.length === 0 ? 0 : (plain.groups[0]?.count ?? 0) / votes.length);
      }),
    );
  });

  it('do not depend on the scale of equal weights', async () => {
    await fc.assert(
      fc.asyncProperty(answers, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), async (votes, weight) => {
        const plain = await grader.tally(votes);
        const scaled = await grader.tally(votes.map((answer) => ({ answer, weight })));
        expect(scaled.groups.map(({ answer, count }) => [answer, count])).toEqual(
          plain.groups.map(({ answer, count }) => [answer, count]),
        );
        expect(scaled.label).toBe(plain.label);
        expect(scaled.agreement).toBeCloseTo(plain.agreement, 12);
      }),
    );
  });

  it('of whole numbers count as so many votes', async () => {
    const weighed = fc.array(fc.tuple(fc.option(fc.constantFrom('1', '2', '3')), fc.integer({ min: 1, max: 5 })));
    await fc.assert(
      fc.asyncProperty(weighed, async (votes) => {
        const once = await grader.tally(votes.map(([answer, weight]) => ({ answer, weight })));
        const repeated = await grader.tally(votes.flatMap(([answer, weight]) => Array(weight).fill(answer)));
        expect(once.label).toBe(repeated.label);
        expect(once.agreement).toBe(repeated.agreement);
        expect(once.groups.map(({ answer, weight }) => [answer, weight])).toEqual(
          repeated.groups.map(({ answer, count }) => [answer, count]),
        );
        expect(once.attempts).toBe(votes.length);
      }),
    );
  });

  it('may weigh nothing, and never less', async () => {
    const light = { answer: '1', weight: 0 };
    expect(await grader.tally([light, light])).toMatchObject({ label: '1', agreement: 0, attempts: 2 });
    expect(await grader.tally([light, light, '2'])).toMatchObject({ label: '2', agreement: 1 });
    for (const weight of [-1, Number.NaN, Infinity]) {
      await expect(grader.tally([{ answer: '1', weight }])).rejects.toThrow(GradingError);
    }
  });
});

describe('a comparer to one label', () => {
  it('compares each distinct answer once', async () => {
    const grader = createGrader();
    const equals = grader.comparerTo('1/2');
    expect(await Promise.all(['0.5', null, '2'].map(equals))).toEqual([true, false, false]);
    const compared = grader.counts();
    expect(await equals('0.5')).toBe(true);
    expect(grader.counts()).toEqual(compared);
    expect(await grader.comparerTo('')('')).toBe(false);
    await grader.close();
  });
});
