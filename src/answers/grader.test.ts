import { afterAll, describe, expect, it } from 'vitest';
import { lastBoxed } from './extract.ts';
import { createGrader } from './grader.ts';

describe('Grader', () => {
  const grader = createGrader({ deadlineMs: 20_000 });
  afterAll(() => grader.close());

  it('counts numbers without ever starting the worker', async () => {
    const votes = ['0.5', '1/2', null, '3', ' ', '\\frac12', '$$'];
    expect(await grader.tally(votes)).toEqual({
      groups: [
        { answer: '0.5', count: 3 },
        { answer: '3', count: 1 },
      ],
      label: '0.5',
      agreement: 3 / 7,
      unanswered: 3,
      attempts: 7,
    });
    expect(grader.workersStarted).toBe(0);
  });

  it('keeps classes in order of appearance on ties, and takes no votes', async () => {
    expect((await grader.tally(['2', '1', '1', '2', '3'])).groups.map(({ answer }) => answer)).toEqual(['2', '1', '3']);
    expect(await grader.tally([])).toEqual({ groups: [], label: null, agreement: 0, unanswered: 0, attempts: 0 });
    expect(await grader.tally([null, ''])).toMatchObject({ label: null, agreement: 0, unanswered: 2, attempts: 2 });
  });

  it('evaluates what differs in writing only, and counts the reasons', async () => {
    const tally = await grader.tally(['2\\sqrt{2}', '\\sqrt{8}', '3', '\\frac{4}{\\sqrt{2}}']);
    expect(tally.groups).toEqual([
      { answer: '2\\sqrt{2}', count: 3 },
      { answer: '3', count: 1 },
    ]);
    expect(grader.workersStarted).toBe(1);
    expect(grader.counts()).toMatchObject({ 'equal/evaluated': 2 });
  });

  it('takes the names of object prototypes for ordinary answers', async () => {
    const names = ['__proto__', 'constructor', 'toString', '__proto__', 'hasOwnProperty'];
    const tally = await grader.tally(names);
    expect(tally.groups[0]).toEqual({ answer: '__proto__', count: 2 });
    expect(tally.groups).toHaveLength(4);
  });
});

describe('a grader whose evaluator hangs', () => {
  it('gives up at the deadline and does not try the same answer again', async () => {
    const worker = new URL('../../test/fixtures/workers/hanging-evaluator.ts', import.meta.url);
    const grader = createGrader({ deadlineMs: 2000, worker });
    try {
      expect(await grader.equal('spin', 'x+1')).toEqual({ verdict: 'undecided', reason: 'timeout' });
      // One thread lost on the pair, one on finding out which of the two it was.
      expect(grader.workersStarted).toBe(3);
      expect(await grader.tally(['spin', 'x+2', '1+x', 'x+1', 'spin'])).toMatchObject({
        groups: [
          { answer: 'spin', count: 2 },
          { answer: '1+x', count: 2 },
          { answer: 'x+2', count: 1 },
        ],
      });
      expect(grader.workersStarted).toBe(3);
    } finally {
      await grader.close();
    }
  });
});

describe('hostile answers', () => {
  const hostile = [
    '9^{9^{9^{9^{9}}}}',
    '9'.repeat(4000),
    '2^{9999}^{9999}',
    '((((2^{9999})^{9999})^{9999})^{9999})',
    '10000!!!!',
    '(10000!)!',
    '\\sqrt{'.repeat(60) + '2' + '}'.repeat(60),
    '\\frac'.repeat(500),
    '{'.repeat(10_000) + '1' + '}'.repeat(10_000),
    '['.repeat(64) + ']'.repeat(64),
    '\\{'.repeat(63) + 'x' + '\\}'.repeat(63),
    '-'.repeat(400) + '1',
    '(x+y+z+a+b+c)^{9999}',
    '(x+y+z+a+b+c+k+n)^{100}',
    '1/'.repeat(250) + '1',
    ' '.repeat(4000) + '1',
    '\\text{'.repeat(64) + '}'.repeat(64),
    `{${Array.from({ length: 200 }, (_, k) => `x^{${k}}`).join(',')}}`,
    '1,'.repeat(200) + '1',
    'a\u0000b\u202e\ufeff\ud800',
    'x'.repeat(1 << 20),
    '\\left'.repeat(800),
    '\\binom{1000}{500}'.repeat(20),
    '1e9999'.repeat(3),
    '0.\\overline{' + '7'.repeat(256) + '}',
    '\\sqrt{' + '7'.repeat(255) + '}',
  ];

  it('end in a verdict, never in a crash', async () => {
    const grader = createGrader({ deadlineMs: 10_000 });
    try {
      const equal: string[] = [];
      for (const answer of hostile) if ((await grader.equal(answer, '1')).verdict === 'equal') equal.push(answer);
      // These three are 1 indeed.
      expect(equal).toEqual(['-'.repeat(400) + '1', '1/'.repeat(250) + '1', ' '.repeat(4000) + '1']);
      const tally = await grader.tally([...hostile, ...hostile]);
      expect(tally.attempts).toBe(2 * hostile.length);
      expect(Object.keys(grader.counts()).filter((name) => /timeout|died/.test(name))).toEqual([]);
    } finally {
      await grader.close();
    }
  });

  it('are extracted in one pass', () => {
    expect(lastBoxed('\\boxed{'.repeat(1 << 17))).toBeNull();
    expect(lastBoxed('{'.repeat(1 << 20))).toBeNull();
    expect(lastBoxed('\\boxed'.repeat(1 << 17))).toBeNull();
    expect(lastBoxed('\\boxed ' + ' '.repeat(1 << 20))).toBeNull();
  });
});
