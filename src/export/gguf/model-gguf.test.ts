import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeRandomCheckpoint } from '../../../test/fixtures/random-checkpoint.ts';
import { readGguf } from '../../../test/fixtures/read-gguf.ts';
import { loadCheckpoint } from '../../models/checkpoint.ts';
import { findModel } from '../../models/hub/find-model.ts';
import { loadTokenizer } from '../../models/tokenizer/tokenizer.ts';
import { exportGguf } from './model-gguf.ts';
import { bpeFile, preTokenizerOf } from './pre-tokenizer.ts';
import { interleaved } from './tensors.ts';
import { byteText, ggufTokens } from './tokens.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-model-gguf-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const BASE = findModel('models/arith-base');
const options = (name: string) => ({
  path: join(root, `${name}.gguf`),
  dtype: 'float32' as const,
  name,
  license: 'mit',
});

async function exportedFile(name: string, source: string) {
  await exportGguf(source, options(name));
  const bytes = readFileSync(join(root, `${name}.gguf`));
  return { bytes, ...readGguf(bytes) };
}

describe('the file of a model', () => {
  it.each(['qwen3', 'qwen2', 'llama'] as const)('has the tensors that llama.cpp asks for: %s', async (architecture) => {
    const folder = join(root, architecture);
    await writeRandomCheckpoint(folder, { architecture, layers: 1, tied: architecture !== 'llama' });
    const { tensors, metadata } = await exportedFile(architecture, folder);
    const inLayer = [
      'attn_norm',
      'attn_q',
      'attn_k',
      'attn_v',
      'attn_output',
      'ffn_norm',
      'ffn_gate',
      'ffn_up',
      'ffn_down',
    ];
    const own = {
      qwen3: ['blk.0.attn_q_norm.weight', 'blk.0.attn_k_norm.weight'],
      qwen2: ['blk.0.attn_q.bias', 'blk.0.attn_k.bias', 'blk.0.attn_v.bias'],
      llama: ['output.weight'],
    };
    expect(tensors.map(({ name }) => name).toSorted()).toEqual(
      [
        'token_embd.weight',
        'output_norm.weight',
        ...inLayer.map((name) => `blk.0.${name}.weight`),
        ...own[architecture],
      ].toSorted(),
    );
    expect(Object.fromEntries(metadata)).toMatchObject({
      'general.architecture': architecture,
      'general.license': 'mit',
      [`${architecture}.block_count`]: 1,
      [`${architecture}.attention.head_count_kv`]: 2,
      [`${architecture}.attention.key_length`]: 8,
      'tokenizer.ggml.pre': 'gpt-2',
      'tokenizer.ggml.eos_token_id': 258,
    });
  });

  it('has the weights in their places, and those of llama reordered', async () => {
    const folder = join(root, 'order');
    await writeRandomCheckpoint(folder, { architecture: 'llama', layers: 1 });
    const { bytes, tensors, data } = await exportedFile('order', folder);
    const { weights } = await loadCheckpoint(folder);
    const numbers = (name: string): number[] => {
      const found = tensors.find((one) => one.name === name);
      const size = found?.dimensions.reduce((product, one) => product * one, 1) ?? 0;
      const start = data + (found?.offset ?? 0);
      return [...new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + start + 4 * size))];
    };
    expect(numbers('blk.0.attn_v.weight')).toEqual([
      ...(weights.get('model.layers.0.self_attn.v_proj.weight')?.data ?? []),
    ]);
    const query = weights.get('model.layers.0.self_attn.q_proj.weight');
    expect(query && numbers('blk.0.attn_q.weight')).toEqual(query && [...interleaved(query, 4).data]);
  });

  it('divides the frequencies of Llama 3 by the stored factors', async () => {
    const folder = join(root, 'rope');
    await writeRandomCheckpoint(folder, { architecture: 'llama' });
    const path = join(folder, 'config.json');
    const scaling = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    };
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), rope_scaling: scaling }));
    const { bytes, tensors, data } = await exportedFile('rope', folder);
    const { offset = 0 } = tensors.find(({ name }) => name === 'rope_freqs.weight') ?? {};
    const view = new DataView(bytes.buffer, bytes.byteOffset + data + offset);
    const factors = [0, 1, 2, 3].map((at) => view.getFloat32(4 * at, true));
    // The fastest pair turns often within 64 positions and is kept; the slowest is divided by 8.
    expect(factors[0]).toBe(1);
    expect(factors[3]).toBe(8);
  });

  it('names a licence, a template and a place for every row of the shipped base', async () => {
    const { metadata } = await exportedFile('base', BASE);
    const tokenizer = await loadTokenizer(BASE);
    const texts = metadata.get('tokenizer.ggml.tokens') as string[];
    const types = metadata.get('tokenizer.ggml.token_type') as number[];
    expect(texts).toHaveLength(184);
    expect(new Set(texts).size).toBe(184);
    expect(metadata.get('tokenizer.ggml.pre')).toBe('llama-bpe');
    expect(metadata.get('tokenizer.ggml.eos_token_id')).toBe(tokenizer.eosIds.find((id) => texts[id] === '<|im_end|>'));
    // Operators with their spaces are found first; a word carries its space as a byte.
    const [plus] = tokenizer.encode(' + ');
    const [is] = tokenizer.encode(' is');
    expect([texts[plus], types[plus]]).toEqual([' + ', 4]);
    expect([texts[is], types[is]]).toEqual(['Ġis', 1]);
  });
});

describe('rows of a head', () => {
  it('alternate between its halves', () => {
    const data = Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13);
    expect([...interleaved({ shape: [8, 1], data }, 2).data]).toEqual([0, 2, 1, 3, 10, 12, 11, 13]);
  });
});

describe('the tokenizer', () => {
  const bytes = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
  const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });
  const sequence = (...pretokenizers: object[]) => ({ type: 'Sequence', pretokenizers });
  const QWEN = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
  const nameOf = (pre_tokenizer: object, model: object = {}) => {
    const file = bpeFile.safeParse({
      pre_tokenizer,
      model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'], ...model },
    });
    return file.success ? (preTokenizerOf(file.data)?.name ?? null) : null;
  };

  it('is recognised by its pattern', () => {
    expect(nameOf(sequence(split(QWEN), bytes))).toBe('qwen2');
    expect(
      nameOf(sequence(split(QWEN.replace(String.raw`\p{N}|`, String.raw`\p{N}{1,3}|`)), bytes), {
        ignore_merges: true,
      }),
    ).toBe('llama-bpe');
    expect(nameOf({ ...bytes, use_regex: true })).toBe('gpt-2');
    expect(nameOf(sequence({ type: 'Digits', individual_digits: true }, { ...bytes, use_regex: true }))).toBe('smollm');
    expect(nameOf(bytes, { merges: [] })).toBe('gpt-2');
  });

  it('is refused where llama.cpp would split otherwise', () => {
    expect(nameOf(sequence(split(`${QWEN}|x`), bytes))).toBeNull();
    expect(nameOf(sequence(split(QWEN), bytes), { ignore_merges: true })).toBeNull();
    expect(nameOf(sequence(split(QWEN), { ...bytes, add_prefix_space: true }))).toBeNull();
    expect(nameOf(bytes)).toBeNull();
    expect(nameOf({ type: 'Metaspace', replacement: '▁' })).toBeNull();
    expect(nameOf({ ...bytes, use_regex: true }, { type: 'Unigram' })).toBeNull();
    expect(nameOf({ ...bytes, use_regex: true }, { byte_fallback: true })).toBeNull();
  });

  it('keeps ids, kinds and merges of both notations', () => {
    const file = bpeFile.parse({
      pre_tokenizer: bytes,
      model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b'], 'ab a'], unk_token: '<unk>' },
      added_tokens: [
        { id: 4, content: '<unk>', special: true },
        { id: 5, content: '<s>', special: true },
        { id: 6, content: '<tool>', special: false },
      ],
    });
    expect(ggufTokens(file, { name: 'gpt-2', tokens: 'bytes' }, 8)).toEqual({
      texts: ['a', 'b', 'ab', '[PAD3]', '<unk>', '<s>', '<tool>', '[PAD7]'],
      types: [1, 1, 1, 5, 2, 3, 4, 5],
      merges: ['a b', 'ab a'],
    });
  });

  it('writes bytes in the characters of GPT-2', () => {
    expect(byteText(' a\n')).toBe('ĠaĊ');
    expect(byteText('é')).toBe('Ã©');
    expect(byteText('\u00ad')).toBe('ÂŃ');
  });
});
