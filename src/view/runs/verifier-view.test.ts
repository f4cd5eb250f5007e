/** What the page shows of a run with a Verifier. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { evolve } from '../../loop/evolve.ts';
import { shortConfig } from '../../loop/loop.contract.ts';
import { RunLogs } from './run-log.ts';
import { readRunView } from './run-view.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-verifier-view-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('has its stages between the votes and the filter, its role, and its notices', async () => {
  const base = join(root, 'base');
  await writeArithmeticBase(base);
  const verifier = { kind: 'token', steps: 1, prompts: 2, pairs: 1, fresh: 2, freshVotes: 2, maxTokens: 4 } as const;
  const config = shortConfig(base, { iterations: 1, verifier });
  const runDir = join(root, 'run');
  await evolve({ config, runDir }).result;
  const view = readRunView(runDir, new RunLogs());
  const stages = view.iterations[1].stages.map(({ stage, role, state }) => [stage, role, state]);
  expect(stages.slice(2, 6)).toEqual([
    ['vote', 'solver', 'done'],
    ['train-verifier', 'verifier', 'done'],
    ['verify', 'verifier', 'done'],
    ['filter', null, 'done'],
  ]);
  expect(view.roles.map(({ title }) => title)).toEqual(['Challenger', 'Solver', 'Verifier']);
  expect(view.iterations[1].stages[4].metrics).toMatchObject({ 'verdicts/passes': 0 });
  expect(view.notices.map(({ about }) => about)).toContain('entrance-test');
});
