/** Contract tests of `Ctl.onTokens` and `Ctl.requestSignals`. Part of `engine.contract.ts`. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as parts from '../../test/fixtures/engine-parts.ts';
import { request } from '../../test/fixtures/engine-parts.ts';
import { loadTokenizer } from '../models/tokenizer/tokenizer.ts';
import type { Completion, DrawnTokens, Engine, SampleRequest, Sampler } from './engine.ts';

export function streamingContract(
  name: string,
  makeEngine: () => Promise<Engine>,
  makeBaseFolder: (folder: string) => Promise<void>,
  count = 60,
): void {
  describe(`engine contract, streaming: ${name}`, () => {
    let root: string;
    let engine: Engine;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'rzero-streaming-'));
      await makeBaseFolder(join(root, 'base'));
      engine = await makeEngine();
    });
    afterAll(async () => {
      await engine.close();
      await rm(root, { recursive: true, force: true });
    });

    const withSampler = <T>(use: (sampler: Sampler) => Promise<T>): Promise<T> =>
      parts.withSampler(engine, { kind: 'base', path: join(root, 'base') }, use);

    it('passes all tokens of all completions in order, and returns what it returns without', async () => {
      const { decode } = await loadTokenizer(join(root, 'base'));
      await withSampler(async (sampler) => {
        const [free] = await sampler.sample([request({ n: 1, maxTokens: 20, seed: 8 })]);
        const stopString = decode(free[0].tokens.slice(3, 5)).replaceAll('\uFFFD', '');
        const requests = [
          request({ n: 3, maxTokens: 20, seed: 8, ...(stopString === '' ? {} : { stopStrings: [stopString] }) }),
          request({ n: 1, maxTokens: 1, seed: 2, prompt: [4, 4] }),
          request({ n: 40, maxTokens: 12, seed: 3, stopTokens: [free[0].tokens[1]] }),
        ];
        const passed = new Streams();
        const completions = await sampler.sample(requests, { onTokens: passed.add });
        expect(passed.like(completions)).toEqual(drawnOf(completions));
        expect(completions).toEqual(await sampler.sample(requests));
      });
    });

    it('passes nothing of an aborted call after it has ended', async () => {
      await withSampler(async (sampler) => {
        const controller = new AbortController();
        let calls = 0;
        const running = sampler.sample(many(count), {
          signal: controller.signal,
          onTokens: () => {
            calls++;
            controller.abort();
          },
        });
        await expect(running).rejects.toMatchObject({ kind: 'aborted' });
        const atEnd = calls;
        await sampler.sample([request({})]);
        expect(calls).toBe(atEnd);
      });
    });

    it('leaves the other requests of a call alone when one is aborted', async () => {
      await withSampler(async (sampler) => {
        const requests = many(count);
        const controller = new AbortController();
        const whole = await sampler.sample(requests);
        const passed = new Streams();
        const cut = await sampler.sample(requests, {
          requestSignals: [undefined, controller.signal],
          onTokens: (drawn) => {
            passed.add(drawn);
            controller.abort();
          },
        });
        expect(passed.like(cut)).toEqual(drawnOf(cut));
        expect(cut.filter((_, at) => at !== 1)).toEqual(whole.filter((_, at) => at !== 1));
        expect(cut[1]).toHaveLength(requests[1].n);
        cut[1].forEach(({ tokens, logprobs }, at) => {
          expect(tokens).toEqual(whole[1][at].tokens.slice(0, tokens.length));
          expect(logprobs).toEqual(whole[1][at].logprobs.slice(0, tokens.length));
        });
      });
    });
  });
}

function many(count: number): SampleRequest[] {
  return Array.from({ length: count }, (_, seed) => request({ n: 3, maxTokens: 30, seed }));
}

/** What was passed, by request and completion. */
class Streams {
  #passed = new Map<string, Drawn>();

  readonly add = ({ request: at, completion, tokens, logprobs, end }: DrawnTokens): void => {
    const key = `${at}.${completion}`;
    const own = this.#passed.get(key) ?? { tokens: [], logprobs: [], end: null };
    if (own.end !== null) throw new Error('a completion went on after its end');
    this.#passed.set(key, { tokens: [...own.tokens, ...tokens], logprobs: [...own.logprobs, ...logprobs], end });
  };

  /** Returns what was passed of the completions, in the form of `drawnOf`. */
  like(completions: readonly Completion[][]): (Drawn | null)[][] {
    return completions.map((own, at) => own.map((_, index) => this.#passed.get(`${at}.${index}`) ?? null));
  }
}

type Drawn = Pick<DrawnTokens, 'tokens' | 'logprobs' | 'end'>;

function drawnOf(completions: readonly Completion[][]): Drawn[][] {
  return completions.map((own) =>
    own.map(({ tokens, logprobs, ...end }) => ({ tokens: [...tokens], logprobs: [...logprobs], end })),
  );
}
