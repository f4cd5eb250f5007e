import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { stories } from '../../domains/stories/domain.ts';
import type { Completion, SampleRequest, Sampler } from '../../engine/engine.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { type MeasuredTask, measureQuality, type QualityDials } from './measure.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-quality-'));
const path = join(root, 'base');
afterAll(() => rmSync(root, { recursive: true, force: true }));

let tokenizer: Tokenizer;
beforeAll(async () => {
  await writeArithmeticBase(path);
  tokenizer = await loadTokenizer(path);
});

const DIALS: QualityDials = { samples: 2, maxTokens: 60, temperature: 1, topP: 1, topK: 0 };
const TASK = "Write a question about Sam's stones that uses 42 15.";
const GOOD = 'Sam has 42 stones. He finds 15 more. How many stones does Sam have?';
const SHORT = 'Sam has 42 stones. He finds 42 more. How many stones does Sam have?';

/** A sampler that writes these texts in turn. */
function writing(texts: readonly string[]): Pick<Sampler, 'sample'> & { requests: SampleRequest[] } {
  const requests: SampleRequest[] = [];
  return {
    requests,
    sample: async (given) => {
      requests.push(...given);
      return given.map(({ n }) =>
        Array.from({ length: n }, (_, at): Completion => {
          const tokens = tokenizer.encode(`${texts[at % texts.length]}<|im_end|>`);
          return { tokens, logprobs: new Float32Array(tokens.length), stop: 'stop', policyVersion: 0 };
        }),
      );
    },
  };
}

const measure = (sampler: Pick<Sampler, 'sample'>, tasks: string[], seed = 1): Promise<MeasuredTask[]> =>
  measureQuality({ sampler, tokenizer, domain: stories }, tasks, DIALS, { seed });

describe('measureQuality', () => {
  it('reads the quality of every response, where the domain can read the task', async () => {
    const [one, other] = await measure(writing([GOOD, SHORT]), [TASK, 'Write.']);
    expect(one.responses.map(({ text }) => text)).toEqual([GOOD, SHORT]);
    expect(one.qualities?.map(({ mean }) => mean)).toEqual([1, 1 - 1 / 8]);
    expect(one.truncated).toBe(0);
    expect(other).toMatchObject({ task: 'Write.', qualities: null });
  });

  it('draws by the task alone, so that models can be compared', async () => {
    const [a, b] = [writing([GOOD]), writing([GOOD])];
    const other = TASK.replace('15', '16');
    await measure(a, [TASK, other]);
    await measure(b, [other]);
    expect(a.requests[1]).toEqual(b.requests[0]);
    expect(a.requests[0].seed).not.toBe(a.requests[1].seed);
  });

  it('measures a sampler of an engine', async () => {
    const engine = await createScriptedEngine();
    const sampler = await engine.openSampler({ kind: 'base', path });
    const tasks = stories.heldOutTasks.tasks(3);
    const first = await measure(sampler, tasks);
    expect(first.map(({ task }) => task)).toEqual(tasks);
    expect(await measure(sampler, tasks)).toEqual(first);
    await engine.close();
  });
});
