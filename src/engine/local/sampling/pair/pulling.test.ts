import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Board, SideStopped } from './board.ts';
import { endOfPull, sharedPull, startsOf } from './pulling.ts';

const request = (n: number) => ({
  prompt: Int32Array.of(1),
  n,
  seed: 1,
  maxTokens: 1,
  temperature: 1,
  topP: 1,
  topK: 0,
});

it('gives every completion to one side, in order, whichever side asks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.boolean()),
      (counts, turns) => {
        const requests = counts.map(request);
        const board = Board.forRequests(requests.length);
        const sides = [sharedPull(requests, board), sharedPull(requests, new Board(board.memory))];
        const taken: string[] = [];
        for (const turn of turns) {
          const spans = sides[Number(turn)]();
          if (spans.length === 0) break;
          for (const { request: index, from, to } of spans)
            for (let sample = from; sample < to; sample++) taken.push(`${index}.${sample}`);
        }
        expect(taken).toEqual(counts.flatMap((n, index) => Array.from({ length: n }, (_, at) => `${index}.${at}`)));
        expect(sides.map((pull) => pull())).toEqual([[], []]);
      },
    ),
  );
});

function pulls(counts: readonly number[]): number[] {
  const starts = startsOf(counts.map(request));
  const ends: number[] = [0];
  while (ends[ends.length - 1] < starts[counts.length]) ends.push(endOfPull(starts, ends[ends.length - 1]));
  return ends.slice(1).map((end, at) => end - ends[at]);
}

it('takes a quarter of the rest, or whole requests where that is near', () => {
  const single = Array.from({ length: 64 }, () => 1);
  expect(pulls(single)).toEqual([16, 12, 9, 7, 5, 4, 3, 2, 2, 1, 1, 1, 1]);
  const tens = Array.from({ length: 12 }, () => 10);
  expect(pulls(tens)).toEqual([30, 30, 20, 10, 10, 10, 3, 2, 2, 1, 1, 1]);
  expect(pulls([8])).toEqual([2, 2, 1, 1, 1, 1]);
  expect(pulls([2, 100])).toEqual([26, 19, 15, 11, 8, 6, 5, 3, 3, 2, 1, 1, 1, 1]);
  expect(pulls([1])).toEqual([1]);
});

it('passes stops, aborts and progress to the other side', () => {
  const board = Board.forRequests(2);
  const other = new Board(board.memory);
  other.check();
  board.abort(1);
  expect([other.isAborted(0), other.isAborted(1)]).toEqual([false, true]);
  board.record(1, 5);
  board.record(3, 4);
  expect([other.recorded(), other.recorded()]).toEqual([
    { done: 3, tokens: 9 },
    { done: 3, tokens: 0 },
  ]);
  board.stop();
  expect(() => other.check()).toThrow(SideStopped);
});
