import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Completion, SampleRequest } from '../../engine/engine.ts';
import { completionText, matchedStop } from '../../engine/stop-strings.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { TextStream } from './text-stream.ts';

const BASE: Pick<SampleRequest, 'n' | 'seed' | 'maxTokens' | 'temperature' | 'topP' | 'topK'> = {
  n: 1,
  seed: 1,
  maxTokens: 500,
  temperature: 1,
  topP: 1,
  topK: 0,
};

function requestWith(stopStrings: readonly string[]): SampleRequest {
  return { ...BASE, prompt: Int32Array.of(1), stopStrings };
}

async function tokenizerOf(name: string): Promise<Tokenizer> {
  const folder = await mkdtemp(join(tmpdir(), 'rzero-text-stream-'));
  const file = new URL(`../../../test/fixtures/models/${name}.json`, import.meta.url);
  const { tokenizer } = JSON.parse(await readFile(file, 'utf8')) as { tokenizer: unknown };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ eos_token: '<|im_end|>' }));
  const loaded = await loadTokenizer(folder);
  await rm(folder, { recursive: true });
  return loaded;
}

/** Ends the tokens as an engine does: at an end token, or as soon as they contain a stop string. */
function completionOf(tokens: readonly number[], request: SampleRequest, { eosIds, decode }: Tokenizer): Completion {
  const all: number[] = [];
  const made = (stop: Completion['stop'], stopString?: string): Completion => ({
    tokens: Int32Array.from(all),
    logprobs: new Float32Array(all.length),
    stop,
    ...(stopString === undefined ? {} : { stopString }),
    policyVersion: 0,
  });
  for (const token of tokens) {
    all.push(token);
    if (eosIds.includes(token)) return made('stop');
    const stopString = matchedStop(all, request.stopStrings ?? [], decode);
    if (stopString !== null) return made('stop', stopString);
  }
  return made('length');
}

/** Streams a completion in parts of the given sizes. Returns the passed texts, the rest last. */
function streamed(completion: Completion, sizes: readonly number[], request: SampleRequest, own: Tokenizer): string[] {
  const stream = new TextStream(own, request);
  const tokens = [...completion.tokens];
  const parts: string[] = [];
  for (let at = 0, turn = 0; at < tokens.length; turn++) {
    const size = sizes[turn % sizes.length];
    parts.push(stream.add(tokens.slice(at, at + size)));
    at += size;
  }
  return [...parts, stream.end(completion)];
}

describe.each(['byte-bpe', 'unigram', 'characters'])('streams of the tokenizer %s', (name) => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await tokenizerOf(name);
  });

  it('are the text of the completion, for any tokens, stop strings and parts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(tokenizer.size - 1), { maxLength: 200 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 3 }),
        (tokens, sizes, stopStrings) => {
          const request = requestWith(stopStrings);
          const completion = completionOf(tokens, request, tokenizer);
          const text = completionText(completion, tokenizer.decode);
          const parts = streamed(completion, sizes, request, tokenizer);
          expect(parts.join('')).toBe(text);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('streams of text', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await tokenizerOf('byte-bpe');
  });
  const parts = (text: string, stopStrings: readonly string[] = []): string[] => {
    const request = requestWith(stopStrings);
    return streamed(completionOf([...tokenizer.encode(text)], request, tokenizer), [1], request, tokenizer);
  };

  it('never pass half of a character', () => {
    const text = 'é漢🙂'.repeat(40);
    const passed = parts(text);
    expect(passed.join('')).toBe(text);
    expect(passed.filter((part) => part.includes('\uFFFD'))).toEqual([]);
  });

  it('pass text as soon as it cannot be the beginning of a stop string', () => {
    const passed = parts('xx END yy', ['ENDE', 'END.']);
    expect(passed.join('')).toBe('xx END yy');
    const shown = passed.map((_, at) => passed.slice(0, at + 1).join(''));
    expect(shown.filter((text) => /E(?:ND?)?$/.test(text))).toEqual([]);
    expect(shown.at(-2)).toBe('xx END yy');
  });

  it('never pass any of a stop string', () => {
    expect(parts('one two\n\nthree', ['\n\n']).join('')).toBe('one two');
    expect(parts('abcabd', ['abd']).join('')).toBe('abc');
  });
});
