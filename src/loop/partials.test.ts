import { expect, it } from 'vitest';
import { partialResult, readPartial } from '../store/partials.ts';
import { DamagedValue } from '../store/failures.ts';
import { JUDGE_REPORT, knownAnswers, PLANTED_VOTES, POOL_VOTES, stageNotices, taskScores } from './partials.ts';

it('keep the names that older runs use', () => {
  const kinds = [
    POOL_VOTES,
    PLANTED_VOTES,
    JUDGE_REPORT,
    stageNotices('train-solver'),
    taskScores('baseline', null),
    taskScores('evaluate', 'data'),
    knownAnswers('planted-questions'),
    knownAnswers('data'),
  ];
  expect(kinds.map(({ name }) => name)).toEqual([
    'vote',
    'planted',
    'judge',
    'notices/train-solver',
    'baseline',
    'evaluate:data',
    'planted-questions',
    'data',
  ]);
});

it('read tallies without weights as votes of weight 1', () => {
  const tally = { label: '4', agreement: 2 / 3, unanswered: 0, attempts: 3 };
  const groups = [
    { answer: '4', count: 2 },
    { answer: '5', count: 1 },
  ];
  const json = JSON.stringify([{ id: 'q-1', tally: { groups, ...tally } }]);
  expect(readPartial(POOL_VOTES, 1, { step: 0, json }).value).toEqual([
    { id: 'q-1', tally: { ...tally, groups: groups.map((group) => ({ ...group, weight: group.count })) } },
  ]);
});

it('reject a value of another kind', () => {
  const votes = partialResult(POOL_VOTES, { iteration: 1, step: 2 }, [
    { id: 'q-1', tally: { groups: [], label: null, agreement: 0, unanswered: 1, attempts: 1 } },
  ]);
  expect(readPartial(POOL_VOTES, 1, votes)).toMatchObject({ step: 2, value: [{ id: 'q-1' }] });
  for (const kind of [PLANTED_VOTES, taskScores('evaluate', null), knownAnswers('data'), stageNotices('filter')]) {
    expect(() => readPartial<unknown>(kind, 1, votes)).toThrow(DamagedValue);
  }
});
