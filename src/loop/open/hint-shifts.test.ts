import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { Domain } from '../../domains/domain.ts';
import { stories } from '../../domains/stories/domain.ts';
import type { Engine, Example, Sampler } from '../../engine/engine.ts';
import { createFlow } from '../../engine/flow/flow.ts';
import { toExample } from '../../grpo/batch.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import type { Question } from '../../types.ts';
import {
  type HintContext,
  type HintedQuestion,
  hintOf,
  hintPrompts,
  type ShiftedResponse,
  shiftsOf,
} from './hint-shifts.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-hints-'));
const path = join(root, 'base');
afterAll(() => rmSync(root, { recursive: true, force: true }));

let tokenizer: Tokenizer;
let engine: Engine;
let solver: Sampler;
beforeAll(async () => {
  await writeArithmeticBase(path);
  tokenizer = await loadTokenizer(path);
  engine = await createScriptedEngine();
  const scripted = await engine.openSampler({ kind: 'base', path });
  solver = { ...scripted, score: async (examples) => examples.map(promptCosts) };
});

/** Log-probabilities that depend on the whole prompt and differ by token; the scripted model sees two tokens only. */
function promptCosts({ target, mask }: Example): Float32Array {
  const prompt = mask.indexOf(1);
  return Float32Array.from(mask, (one, t) => (one === 0 ? 0 : -0.01 * prompt * (1 + target[t])));
}

const settings = { maxTokens: 12, temperature: 0.7, topP: 1, topK: 0 };
const TASKS: HintedQuestion[] = ['Sam', 'Eva'].map((name) => ({
  question: { id: `q-${name}`, text: `Write a question about ${name}'s stones that uses 42 15.` },
  hint: 'Use finds.',
}));

const contextOf = (domain: Domain): HintContext => ({ tokenizer, domain, config: { seed: 3 } });
const shifts = (domain: Domain, tasks = TASKS): Promise<ShiftedResponse[]> =>
  shiftsOf(contextOf(domain), { flow: createFlow(engine), solver, tasks, settings, ctl: {} });

describe('shiftsOf', () => {
  it('is the mean log-probability without the hint, minus that with it', async () => {
    const measured = await shifts(stories);
    expect(measured).toHaveLength(2);
    for (const { response, shift, ...task } of measured) {
      const { plain, hinted } = hintPrompts(contextOf(stories), task);
      expect(hinted.length).toBeGreaterThan(plain.length);
      const [a, b] = await solver.score([plain, hinted].map((prompt) => toExample(prompt, response.tokens)));
      const mean = (values: Float32Array): number =>
        values.slice(-response.tokens.length).reduce((sum, one) => sum + one, 0) / response.tokens.length;
      expect(shift).toBeCloseTo(mean(a) - mean(b), 4);
      expect(shift).toBeGreaterThan(0.1);
    }
  });

  it('is 0 if the hint changes nothing', async () => {
    const deaf: Domain = { ...stories, hintedMessages: (task) => stories.solverMessages(task) };
    expect((await shifts(deaf)).map(({ shift }) => shift)).toEqual([0, 0]);
  });

  it('depends on the id of the question, not on its neighbours', async () => {
    const [, eva] = await shifts(stories);
    expect(await shifts(stories, [TASKS[1]])).toEqual([eva]);
    expect(await shifts(stories, [])).toEqual([]);
  });
});

describe('hintOf', () => {
  const completion = '<question>Write.</question><hint>Be kind.</hint>';
  const question: Question = {
    id: 'q',
    iteration: 1,
    origin: 'pool',
    step: 0,
    index: 0,
    text: 'Write.',
    claimed: null,
    completion,
    invalid: null,
  };

  it('reads the hint from the stored completion', () => {
    expect(hintOf(stories, question)).toBe('Be kind.');
    expect(hintOf(stories, { ...question, invalid: 'ill-posed' })).toBeNull();
  });
});
