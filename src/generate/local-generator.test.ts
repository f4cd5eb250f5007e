import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import createConcurrentEngine from '../../test/engines/concurrent/index.ts';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import { createFlow } from '../engine/flow/flow.ts';
import { loadTokenizer, type Tokenizer } from '../models/tokenizer/tokenizer.ts';
import type { GenerateRequest, Reply } from './generator.ts';
import { localGenerator } from './local-generator.ts';

const MAX_CONTEXT = 64;

let root: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-generator-'));
  await writeArithmeticBase(root);
  tokenizer = await loadTokenizer(root);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function request(content: string, n: number, seed: number): GenerateRequest {
  return { messages: [{ role: 'user', content }], n, seed, maxTokens: 12, temperature: 1, topP: 1, topK: 0 };
}

it('returns the same replies in batches and as they arrive, each reported once', async () => {
  const long = `Compute ${'1 + '.repeat(MAX_CONTEXT)}1.`;
  const requests = [
    request('Compute 1 + 2.', 3, 1),
    request(long, 2, 2),
    ...Array.from({ length: 9 }, (_, at) => request('Compute 4 + 5.', 1 + (at % 3), 3 + at)),
  ];
  const results: { all: Reply[][]; reported: Map<number, readonly Reply[]>; done: number }[] = [];
  for (const concurrent of [false, true]) {
    const engine = await createConcurrentEngine({ seed: 3, slots: 8 });
    const sampler = await engine.openSampler({ kind: 'base', path: root });
    const flow = createFlow({ slots: engine.slots, concurrent });
    const generator = localGenerator({ name: 'it', sampler, tokenizer, maxContext: MAX_CONTEXT, batch: 4, flow });
    const reported = new Map<number, readonly Reply[]>();
    let done = 0;
    const all = await generator.generate(requests, {
      onReply(at, replies) {
        expect(reported.has(at)).toBe(false);
        reported.set(at, replies);
      },
      onProgress: (progress) => (done = progress.done / progress.total),
    });
    results.push({ all, reported, done });
  }
  const [batches, single] = results;
  expect(single.all).toEqual(batches.all);
  expect(single.all.map((replies) => replies.length)).toEqual(requests.map(({ n }) => n));
  expect(single.all[1]).toEqual([1, 2].map(() => ({ text: '', tokens: 0, stop: 'length' })));
  for (const { all, reported } of results) expect(all.map((_, at) => reported.get(at))).toEqual(all);
  expect(single.done).toBe(1);
});
