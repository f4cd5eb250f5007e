import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../types.ts';
import { fittingPrompt, type Turn, withHistory } from './turns.ts';

const PROMPT: ChatMessage[] = [
  { role: 'system', content: 'S' },
  { role: 'user', content: 'now' },
];
const TURNS: Turn[] = [
  { question: 'q1', answer: 'a1' },
  { question: 'q2', answer: 'a2' },
];

/** One token per character. */
const encode = (messages: readonly ChatMessage[]): Int32Array =>
  Int32Array.from(messages.map(({ content }) => content).join(''), (character) => character.charCodeAt(0));

describe('a prompt with history', () => {
  it('has the domain’s system message first and its question last', () => {
    expect(withHistory(PROMPT, TURNS).map(({ role, content }) => `${role} ${content}`)).toEqual([
      'system S',
      'user q1',
      'assistant a1',
      'user q2',
      'assistant a2',
      'user now',
    ]);
    expect(withHistory(PROMPT, [])).toEqual(PROMPT);
  });

  it('drops the oldest turns that do not fit', () => {
    const at = (room: number): [number, number] => {
      const { tokens, turns } = fittingPrompt(PROMPT, TURNS, room, encode);
      return [tokens.length, turns];
    };
    expect([12, 11, 8, 7, 1].map(at)).toEqual([
      [12, 2],
      [8, 1],
      [8, 1],
      [4, 0],
      [4, 0],
    ]);
  });

  it('has no turns if the template refuses them, and fails only if it refuses the question', () => {
    const single = (messages: readonly ChatMessage[]): Int32Array => {
      if (messages.length > 2) throw new Error('one question only');
      return encode(messages);
    };
    expect(fittingPrompt(PROMPT, TURNS, 99, single)).toMatchObject({ turns: 0 });
    expect(() =>
      fittingPrompt(PROMPT, [], 99, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
  });

  it('never is longer than the room, unless the question alone is', () => {
    const turn = fc.record({ question: fc.string({ maxLength: 9 }), answer: fc.string({ maxLength: 9 }) });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 6 }), fc.nat(60), (history, room) => {
        const { tokens, turns } = fittingPrompt(PROMPT, history, room, encode);
        expect(tokens.length).toBeLessThanOrEqual(Math.max(room, encode(PROMPT).length));
        expect(tokens).toEqual(encode(withHistory(PROMPT, history.slice(history.length - turns))));
      }),
    );
  });
});
