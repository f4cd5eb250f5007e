/** The forecast of a run on a service against what a run on the fake service used. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forecastService, type ServiceAssumptions } from '../../src/cli/service/forecast.ts';
import { arithmetic } from '../../src/domains/arithmetic/domain.ts';
import { evolve, resolveConfig } from '../../src/index.ts';
import { typicalPrompt } from '../../src/loop/run/check-sizes.ts';
import { encodePrompt } from '../../src/models/tokenizer/encode-prompt.ts';
import { loadTokenizer } from '../../src/models/tokenizer/tokenizer.ts';
import { packageFile } from '../../src/package-file.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { type FakeTinker, startFakeTinker } from '../engines/fake-tinker/index.ts';

const BASE = packageFile('models/arith-base');
/** All of one length, and all of different sums. */
const QUESTIONS = Array.from({ length: 60 }, (_, at) => `Compute ${10 + at} + 21.`);
/** The prompts of the held-out test vary in length, and scores sample one token each. */
const TOLERANCE = 0.1;
let lengths: { question: number; answer: number };

const root = mkdtempSync(join(tmpdir(), 'rzero-forecast-'));
let fake: FakeTinker;
beforeAll(async () => {
  const tokenizer = await loadTokenizer(BASE);
  const complete = (text: string): number[] => [...tokenizer.encode(text)];
  const posing = encodePrompt({ tokenizer }, arithmetic.challengerMessages());
  const [one, other] = ['17', 'How many'].map((text) => encodePrompt({ tokenizer }, arithmetic.solverMessages(text)));
  const solving = one.subarray(
    0,
    one.findIndex((token, at) => token !== other[at]),
  );
  const questions = QUESTIONS.map((text) => complete(`<question>${text}</question>\n\\boxed{1}`));
  const answers = ['1', '2'].map((text) => complete(`\\boxed{${text}}`));
  // The fake ends every text with its end token.
  lengths = { question: questions[0].length + 1, answer: answers[0].length + 1 };
  fake = await startFakeTinker({
    vocabulary: tokenizer.size,
    endToken: tokenizer.eosIds[0],
    texts: [
      { marker: [...posing], completions: questions },
      { marker: [...solving], completions: answers },
    ],
  });
});
afterAll(async () => {
  await fake.close();
  rmSync(root, { recursive: true, force: true });
});

it('agrees with what a run used in every stage', async () => {
  const config = resolveConfig({
    flags: {
      model: BASE,
      iterations: 1,
      engine: { kind: 'tinker', url: fake.url, model: 'fake/base', patience: 20 },
      challenger: { steps: 2, groups: 4, groupSize: 4, votes: 4, dropZeroVariance: false },
      pool: { questions: 40, dropDuplicates: false },
      votes: { count: 6 },
      filter: { minQuestions: 4, minAgreement: 0.1, maxAgreement: 1 },
      solver: { steps: 2, prompts: 8, groupSize: 4, dropZeroVariance: false },
      evaluation: { questions: 40, samples: 4, chunk: 40, forced: false },
      monitors: { action: 'off' },
    },
  });
  const tokenizer = await loadTokenizer(BASE);
  const assumed: ServiceAssumptions = {
    posing: encodePrompt({ tokenizer }, arithmetic.challengerMessages()).length,
    solving: encodePrompt({ tokenizer }, arithmetic.solverMessages(QUESTIONS[0])).length,
    ...lengths,
    lengthShare: 1,
    forced: false,
    chunk: 256,
  };
  const runDir = join(root, 'run');
  const summary = await evolve({ config, runDir }).result;
  expect(summary).toMatchObject({ outcome: 'finished', explanation: '' });
  const store = openRun(runDir, { readOnly: true });
  const used = (stage: string, name: string): number =>
    store.metrics({ stage, name: `usage/${name}` }).reduce((sum, { value }) => sum + value, 0);
  // The first step also has the trials of the service at the start.
  const tested = { ...assumed, solving: typicalPrompt({ tokenizer, domain: arithmetic }) };
  const stages = [
    ...forecastService(config, assumed).stages.filter(({ stage }) => stage !== 'baseline' && stage !== 'evaluate'),
    ...forecastService(config, tested).stages.filter(({ stage }) => stage === 'evaluate'),
  ];
  const rows = stages.flatMap(({ stage, sampled, prefilled, trained }) =>
    Object.entries({ sampled, prefilled, trained }).map(([name, expected]) => {
      const found = used(stage, `${name}_tokens`);
      return { stage, name, found, expected, apart: expected === 0 ? found : Math.abs(found - expected) / expected };
    }),
  );
  expect(rows.filter(({ apart }) => apart > TOLERANCE)).toEqual([]);
  store.close();
}, 60_000);
