import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDomain } from './check-domain.ts';
import { parseTaggedTask, wholeResponse } from './parse-task.ts';
import { writing } from './writing/domain.ts';

const LIMITS = { task: 40, hint: 20 };
const parse = (text: string): ReturnType<typeof parseTaggedTask> => parseTaggedTask(text, LIMITS);
const none = (invalid: string): object => ({ text: '', claimed: null, invalid });

describe('parseTaggedTask', () => {
  it('returns the last task and the hint after it', () => {
    const text =
      '<question>Old.</question><hint>x</hint> Better: <question>\nWrite.\n</question>\n<hint> Be kind. </hint>';
    expect(parse(text)).toEqual({ text: 'Write.', claimed: null, invalid: null, hint: 'Be kind.' });
  });

  it.each([
    ['', none('no-question')],
    ['<question>Write.', none('truncated')],
    ['<question> </question><hint>x</hint>', none('ill-formed')],
    ['<question>Write <|im_end|></question><hint>x</hint>', none('ill-formed')],
    [`<question>${'x'.repeat(41)}</question><hint>x</hint>`, none('ill-formed')],
    [`<question>Write.</question><hint>${'x'.repeat(21)}</hint>`, none('ill-formed')],
    ['<question>Write.</question><hint></hint>', none('ill-formed')],
    ['<question>Write.</question>', { text: 'Write.', claimed: null, invalid: 'no-hint' }],
    ['<hint>Be kind.</hint><question>Write.</question>', { text: 'Write.', claimed: null, invalid: 'no-hint' }],
    ['<question>Write.</question><hint>Be', { text: 'Write.', claimed: null, invalid: 'truncated' }],
  ])('%j', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it('keeps its limits on any text', () => {
    const piece = fc.constantFrom('<question>', '</question>', '<hint>', '</hint>', '<|', 'word ', '\n');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { text, hint, invalid } = parse(pieces.join(''));
        expect(text.length).toBeLessThanOrEqual(LIMITS.task);
        expect(text).not.toContain('<|');
        if (invalid === null) expect([text, hint]).not.toContain('');
        else expect(hint).toBeUndefined();
      }),
    );
  });
});

describe('the domain writing', () => {
  it('is open, asks for the format that it parses, and for little mathematics', () => {
    expect(checkDomain(writing, 'here')).toBe(writing);
    const [{ content }] = writing.challengerMessages();
    const example = content.slice(content.lastIndexOf('<question>'));
    expect(writing.parseQuestion(example)).toMatchObject({ invalid: null, hint: '{the hint}' });
    expect(content).toMatch(/At most one request in six is about mathematics/);
  });

  it('shows the Solver the task alone, and on request its hint', () => {
    expect(writing.solverMessages('Write.')).toEqual([{ role: 'user', content: 'Write.' }]);
    expect(writing.hintedMessages('Write.', 'Be kind.')).toEqual([
      { role: 'user', content: 'Write.\n\nHint: Be kind.' },
    ]);
  });
});

describe('wholeResponse', () => {
  it('is the trimmed completion, or nothing', () => {
    expect(wholeResponse(' Dear Ann\n')).toBe('Dear Ann');
    expect(wholeResponse(' \n')).toBeNull();
  });
});
