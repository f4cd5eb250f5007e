import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { copyOldRun } from '../../../test/fixtures/old-runs.ts';
import { evolve } from '../../loop/evolve.ts';
import { shortConfig } from '../../loop/loop.contract.ts';
import { openRun } from '../../store/sqlite.ts';
import { openQuestionViews } from './questions.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'rzero-detail-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('reads the attempts of a run of an older version, which has no wordings', async () => {
  const dir = copyOldRun('finished', root);
  const store = openRun(dir, { readOnly: true });
  const attempts = store.attempts({ iteration: 1 });
  store.close();
  const [{ questionId: id }] = attempts;
  const { attemptsList } = await openQuestionViews().question(dir, id);
  const asked = attempts.filter(({ questionId }) => questionId === id);
  expect(attemptsList).toEqual(
    asked.map(({ index, completion, vote, tokens, stop }) => ({
      index,
      completion,
      vote,
      tokens,
      stop,
      wording: null,
    })),
  );
});

it('says in which words an attempt was asked', async () => {
  const base = join(root, 'scripted');
  await writeArithmeticBase(base);
  const dir = join(root, 'run');
  const votes = { count: 6, chunk: 6, maxTokens: 6, views: 0.5 };
  await evolve({ config: shortConfig(base, { iterations: 1, votes }), runDir: dir }).result;
  const store = openRun(dir, { readOnly: true });
  const worded = store.attempts({ iteration: 1 }).find(({ wording }) => wording !== undefined);
  store.close();
  const { attemptsList } = await openQuestionViews().question(dir, worded?.questionId ?? '');
  expect(attemptsList.find(({ index }) => index === worded?.index)).toMatchObject({ wording: worded?.wording });
  expect(attemptsList[0].wording).toBeNull();
});
