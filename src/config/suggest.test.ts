import { describe, expect, it } from 'vitest';
import { describeConfig } from './describe.ts';
import { nearestKey, similarNames } from './suggest.ts';

describe('nearestKey', () => {
  const valid = ['seed', 'solver.steps', 'solver.maxTokens', 'pool.questions'];
  it.each([
    ['solver.step', 'solver.steps'],
    ['sede', 'seed'],
    ['solver.stpes', 'solver.steps'],
    ['SOLVER.STEPS', 'solver.steps'],
    ['solvr.maxTokens', 'solver.maxTokens'],
    ['foo', null],
    ['solver.questions', 'pool.questions'],
    ['max_tokens', 'solver.maxTokens'],
    ['entirely.different', null],
    ['x'.repeat(1000), null],
  ])('%s', (key, expected) => {
    expect(nearestKey(key, valid)).toBe(expected);
  });
});

describe('nearestKey among all settings', () => {
  const all = describeConfig().map(({ path }) => path);
  it.each([
    ['solver.lr', 'solver.learningRate'],
    ['challenger.lr', 'challenger.learningRate'],
    ['lr', 'challenger.learningRate'],
    ['solver.learning_rate', 'solver.learningRate'],
    ['learning_rate', 'challenger.learningRate'],
    ['bs', 'solver.prompts'],
    ['solver.batch', 'solver.prompts'],
    ['challenger.batchSize', 'challenger.groups'],
    ['challenger.batch_size', 'challenger.groups'],
    ['temp', 'challenger.temperature'],
    ['votes.temp', 'votes.temperature'],
    ['evaluation.temp', 'evaluation.temperature'],
    ['solver.epochs', 'solver.steps'],
    ['solver.max_new_tokens', 'solver.maxTokens'],
    ['solver.top_p', 'solver.topP'],
    ['solver.beta', 'solver.klWeight'],
    ['solver.kl_coef', 'solver.klWeight'],
    ['votes.n', 'votes.count'],
    ['challenger.n', 'challenger.votes'],
    ['filter.min', 'filter.minAgreement'],
    ['adapt.r', 'adapt.rank'],
    ['lora_rank', 'adapt.rank'],
    ['iters', 'iterations'],
    ['rounds', 'iterations'],
    ['threads', 'engine.threads'],
    ['poool.questions', 'pool.questions'],
    ['solver.setps', 'solver.steps'],
    ['fliter.minAgreement', 'filter.minAgreement'],
    ['modle', 'model'],
    ['constructor', null],
    ['solver.xyzzy', null],
  ])('%s stands for %s', (key, expected) => {
    expect(nearestKey(key, all)).toBe(expected);
  });
});

describe('similarNames', () => {
  it('are those with few edits and those that contain the name, nearest first', () => {
    const runs = ['2026-11-23-arith-base-01', '2026-11-23-arith-base-02', 'brave-otter', 'other'];
    expect(similarNames('brave-ottre', runs)).toEqual(['brave-otter']);
    expect(similarNames('2026-11-23-artih-base-02', runs)).toEqual([runs[1], runs[0]]);
    expect(similarNames('otter', runs)).toEqual(['other', 'brave-otter']);
    expect(similarNames('nothing-like-it', runs)).toEqual([]);
  });
});
