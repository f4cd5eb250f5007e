import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { createGrader } from '../../answers/grader.ts';
import type { Engine, Sampler } from '../../engine/engine.ts';
import { toExample } from '../../grpo/batch.ts';
import { amongPeers, type SolvedGroup, withEvidence } from './attempt-evidence.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-evidence-'));
const grader = createGrader();
let engine: Engine;
let solver: Sampler;
beforeAll(async () => {
  await writeArithmeticBase(root);
  engine = await createScriptedEngine();
  solver = await engine.openSampler({ kind: 'base', path: root });
});
afterAll(async () => {
  await engine.close();
  rmSync(root, { recursive: true, force: true });
});

it('compares the answers of a group as a vote does', async () => {
  const found = await amongPeers(grader, ['7', '3', '7.0', null]);
  expect(found).toEqual([
    { share: 0.5, majorityShare: 0.5, inMajority: true },
    { share: 0.25, majorityShare: 0.5, inMajority: false },
    { share: 0.5, majorityShare: 0.5, inMajority: true },
    { share: 0, majorityShare: 0.5, inMajority: false },
  ]);
  expect(await amongPeers(grader, [null])).toEqual([{ share: 0, majorityShare: 0, inMajority: false }]);
});

const prompt = Int32Array.of(1, 2);
function group(number: number, ...tokens: number[][]): SolvedGroup {
  const item = { group: number, question: '?', label: null, completion: '', answer: null, correct: false };
  return {
    prompt,
    items: tokens.map(() => item),
    completions: tokens.map((one) => ({
      tokens: Int32Array.from(one),
      logprobs: new Float32Array(one.length),
      stop: 'stop' as const,
      policyVersion: 0,
    })),
  };
}

it('measures the tokens of every attempt, in order, over the groups', async () => {
  const groups = [group(0, [3, 4], []), group(1, [5])];
  const judges = { solver, base: async () => solver, ctl: {} };
  const [first, empty, last] = await withEvidence({ grader }, groups, 'distributions', judges);
  const [measured] = (await solver.measure?.([toExample(prompt, Int32Array.of(3, 4))])) ?? [];
  expect(first.means?.entropy).toBeCloseTo((measured.entropy[1] + measured.entropy[2]) / 2, 6);
  expect(first.means?.certainty).toBeCloseTo((measured.certainty[1] + measured.certainty[2]) / 2, 6);
  expect(empty.means).toEqual({ entropy: 0, certainty: 0 });
  const [scores] = await solver.score([toExample(prompt, Int32Array.of(5))]);
  const [, , liked] = await withEvidence({ grader }, groups, 'base', judges);
  expect(liked.means?.baseLogprob).toBeCloseTo(scores[1], 6);
  expect(last.group).toBe(1);
});

it('refuses an engine that measures no distributions', async () => {
  const blind = { ...solver, measure: undefined };
  const judges = { solver: blind, base: async () => blind, ctl: {} };
  await expect(withEvidence({ grader }, [group(0, [3])], 'distributions', judges)).rejects.toThrow(
    'measures no whole distributions',
  );
});
