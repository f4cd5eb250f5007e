import { describe, expect, it } from 'vitest';
import type { InvalidReason } from '../types.ts';
import { type ChallengerRewardDials, challengerRewards, type PosedQuestion } from './challenger.ts';

const PAPER: ChallengerRewardDials = {
  uncertainty: 'paper',
  floorAtZero: true,
  claimGate: 'off',
  repetitionWeight: 1,
  repetitionThreshold: 0.5,
};
const CODE: ChallengerRewardDials = { ...PAPER, uncertainty: 'repo', floorAtZero: false };

const APPLES = 'Ann has four red apples and buys three more apples today';
const TRAINS = 'Which train arrives first when both leave Rome at noon ?';
const TILES = 'A square floor takes 81 tiles ; how long is its side ?';

function posed(text: string, agreement: number, invalid: InvalidReason | null = null): PosedQuestion {
  return { text, agreement, invalid, claimed: '7', label: '7' };
}

/** Two similar questions, a different one and an invalid one: clusters of 2, 1 and 1 in a batch of 4. */
const batch = [posed(APPLES, 0.5), posed(APPLES, 0.9), posed(TRAINS, 0.3), posed(TILES, 0.5, 'no-answer')];

function rewards(questions: PosedQuestion[], settings: ChallengerRewardDials): number[] {
  return challengerRewards(questions, settings).map(({ reward }) => Number(reward.toFixed(12)));
}

describe('challengerRewards', () => {
  it('paper: uncertainty minus repetition, at least 0, and 0 if invalid', () => {
    expect(rewards(batch, PAPER)).toEqual([0.5, 0, 0.35, 0]);
  });

  it('code: half the uncertainty, -1 if invalid, not clipped', () => {
    expect(rewards(batch, CODE)).toEqual([0, -0.4, 0.05, -1.25]);
  });

  it('viewsAgree: no uncertainty where the other wordings have another majority', () => {
    const [apples, , trains] = batch;
    const questions = [
      { ...apples, viewsAgree: false },
      { ...trains, viewsAgree: true },
      { ...posed(TILES, 0.5), viewsAgree: null },
    ];
    const gated = { ...PAPER, viewsAgree: true };
    expect(rewards(questions, gated)).toEqual([0, 0.6 - 1 / 3, 1 - 1 / 3].map((one) => Number(one.toFixed(12))));
    expect(rewards(questions, PAPER)[0]).toBeGreaterThan(0);
    expect(challengerRewards(questions, gated).map(({ parts }) => parts.views)).toEqual([0, 1, 1]);
    expect(challengerRewards(questions, PAPER)[0].parts).not.toHaveProperty('views');
  });

  it('sets scale and floor independently', () => {
    expect(rewards(batch, { ...CODE, floorAtZero: true })).toEqual([0, 0, 0.05, 0]);
    expect(rewards(batch, { ...PAPER, floorAtZero: false })).toEqual([0.5, -0.3, 0.35, -1.25]);
  });

  it('reports its parts', () => {
    const [, twin, , invalid] = challengerRewards(batch, PAPER);
    expect(twin.parts.uncertainty).toBeCloseTo(0.2, 12);
    expect(twin.parts).toMatchObject({ repetition: 0.5, format: 1 });
    expect(invalid.parts).toEqual({ uncertainty: 0, repetition: 0.25, format: 0 });
  });

  it('returns 0 for a question with no or full agreement', () => {
    const settings = { ...PAPER, repetitionWeight: 0 };
    expect(rewards([posed(APPLES, 0), posed(TRAINS, 1), posed(TILES, 0.5)], settings)).toEqual([0, 0, 1]);
  });

  it('subtracts the penalty for earlier iterations, and reports it as a part', () => {
    const alone = { ...PAPER, repetitionWeight: 0 };
    const questions = [posed(APPLES, 0.5), posed(TRAINS, 0.5), posed(TILES, 0.9, 'truncated')];
    const paper = challengerRewards(questions, alone, [0.75, 0, 0]);
    expect(paper.map(({ reward }) => reward)).toEqual([0.25, 1, 0]);
    expect(paper.map(({ parts }) => parts.memory)).toEqual([0.75, 0, 0]);
    expect(paper[0].parts.repetition).toBe(0);
    const repo = challengerRewards(questions, { ...alone, uncertainty: 'repo', floorAtZero: false }, [0.75, 0, 0]);
    expect(repo.map(({ reward }) => reward)).toEqual([-0.25, 0.5, -1]);
    expect(challengerRewards(questions, alone)[0].parts).not.toHaveProperty('memory');
  });

  it('applies the repetition weight, and does not compare invalid questions', () => {
    expect(rewards([posed(APPLES, 0.5), posed(APPLES, 0.5)], { ...PAPER, repetitionWeight: 0.5 })).toEqual([0.5, 0.5]);
    expect(rewards([posed(APPLES, 0.5), posed(APPLES, 0.5, 'truncated')], PAPER)).toEqual([0.5, 0]);
    expect(rewards([], PAPER)).toEqual([]);
  });

  it('ignores the claimed answer without a gate', () => {
    const boaster = { ...posed(APPLES, 0.5), claimed: '12' };
    expect(rewards([boaster], { ...PAPER, repetitionWeight: 0 })).toEqual([1]);
    const gated = challengerRewards([boaster, posed(TRAINS, 0.5)], {
      ...PAPER,
      claimGate: 'answer',
      repetitionWeight: 0,
    });
    expect(gated.map(({ reward }) => reward)).toEqual([0, 1]);
    expect(gated.map(({ parts }) => parts.claim)).toEqual([0, 1]);
  });
});
