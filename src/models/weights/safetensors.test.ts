import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelLoadError, StoreError } from '../../errors.ts';
import type { Tensor } from '../decoder-config.ts';
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from './safetensors.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-safetensors-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/models/${name}`, import.meta.url));

function tensor(shape: number[], fill: (i: number) => number = (i) => i): Tensor {
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i)) };
}

/** Writes a file with this header object and this many bytes of data. */
async function handmade(header: unknown, dataBytes: number, length?: bigint): Promise<string> {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  const path = join(root, 'handmade.safetensors');
  await writeFile(path, bytes);
  return path;
}

test('reads files of the reference library: F32, BF16, F16, a scalar and an empty tensor', async () => {
  const expected = JSON.parse(await readFile(fixture('dtypes.json'), 'utf8')) as {
    tensors: Record<string, { shape: number[]; values: number[] }>;
  };
  const { tensors, metadata } = await readSafetensors(fixture('dtypes.safetensors'));
  expect(metadata).toEqual({ format: 'pt', note: 'made by safetensors' });
  const read = Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, { shape, values: [...data] }]));
  expect(read).toEqual(expected.tensors);
});

test('round-trips any tensors, in order, with reproducible bytes', async () => {
  const path = join(root, 'any.safetensors');
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(
        fc.tuple(
          fc.string({ maxLength: 12, unit: 'grapheme' }).filter((name) => name !== '__metadata__'),
          fc.array(fc.float(), { maxLength: 12 }),
        ),
        { maxLength: 6, selector: ([name]) => name },
      ),
      fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 3, noNullPrototype: true }),
      async (entries, metadata) => {
        const tensors = entries.map(([name, values]): [string, Tensor] => [
          name,
          { shape: [values.length], data: Float32Array.from(values) },
        ]);
        await writeSafetensors(path, tensors, { metadata });
        const first = await readFile(path);
        const read = await readSafetensors(path);
        const sorted = (list: [string, Tensor][]): [string, number[]][] =>
          list.map(([name, { data }]) => [name, [...data]]);
        // Empty tensors share an offset with their neighbours, so their order is not stored.
        expect(new Map(sorted([...read.tensors]))).toEqual(new Map(sorted(tensors)));
        expect([...read.tensors.keys()].filter((name) => read.tensors.get(name)?.data.length !== 0)).toEqual(
          tensors.filter(([, { data }]) => data.length > 0).map(([name]) => name),
        );
        expect(read.metadata).toEqual(metadata);
        await writeSafetensors(path, tensors, { metadata: Object.fromEntries(Object.entries(metadata).toReversed()) });
        expect((await readFile(path)).equals(first)).toBe(true);
        expect(first.readBigUint64LE(0) % 8n).toBe(0n);
      },
    ),
    { numRuns: 50 },
  );
});

test('stores bfloat16 values exactly in bfloat16, in half the bytes', async () => {
  const path = join(root, 'half.safetensors');
  const exact = tensor([4, 8], (i) => i - 16);
  await writeSafetensors(path, [['a', exact]], { dtype: 'bfloat16' });
  expect((await readSafetensors(path)).tensors.get('a')).toEqual(exact);
  const { entries } = await readSafetensorsHeader(path);
  expect(entries).toMatchObject([{ name: 'a', dtype: 'BF16', begin: 0, end: 64 }]);
});

test('reads a tensor larger than one chunk, in both dtypes', async () => {
  const path = join(root, 'large.safetensors');
  const large = tensor([5, 1 << 20], (i) => i % 251);
  for (const dtype of ['float32', 'bfloat16'] as const) {
    await writeSafetensors(
      path,
      [
        ['small', tensor([3])],
        ['large', large],
      ],
      { dtype },
    );
    const read = (await readSafetensors(path)).tensors.get('large');
    expect(read?.shape).toEqual(large.shape);
    expect(Buffer.from(read?.data.buffer ?? new ArrayBuffer()).equals(Buffer.from(large.data.buffer))).toBe(true);
  }
});

test('reads only the selected tensors', async () => {
  const path = join(root, 'select.safetensors');
  await writeSafetensors(path, [
    ['a', tensor([2])],
    ['b', tensor([3])],
  ]);
  const { tensors } = await readSafetensors(path, { select: (name) => name === 'b' });
  expect([...tensors]).toEqual([['b', tensor([3])]]);
});

test('writes views from their own part of a larger buffer', async () => {
  const path = join(root, 'view.safetensors');
  const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
  await writeSafetensors(path, [['a', { shape: [2], data }]]);
  expect((await readSafetensors(path)).tensors.get('a')?.data).toEqual(Float32Array.of(1, 2));
});

describe('a broken file is rejected with file, found and expected', () => {
  const f32 = (shape: number[], begin: number, end: number, dtype = 'F32'): unknown => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });

  const cases: [string, () => Promise<string>, RegExp][] = [
    ['missing', async () => join(root, 'nowhere.safetensors'), /nowhere\.safetensors cannot be opened/],
    ['a folder', async () => root, /expected a safetensors file/],
    ['header beyond the file', () => handmade({}, 0, 1000n), /header of 1000 bytes in a file of 10 bytes/],
    [
      'header beyond the limit',
      () => handmade({}, 0, 1n << 60n),
      /header length of 1152921504606846976 bytes; expected at most/,
    ],
    ['invalid JSON', () => handmade('{"a": ', 0), /does not parse/],
    ['JSON of the wrong kind', () => handmade('[1]', 0), /a header that does not parse \(no object\)/],
    ['metadata that is not text', () => handmade({ __metadata__: { a: 1 } }, 0), /metadata/],
    [
      'truncated data',
      () => handmade({ a: f32([4], 0, 16) }, 12),
      /12 bytes of data \(the file is truncated\); expected 16/,
    ],
    ['extra bytes after the data', () => handmade({ a: f32([4], 0, 16) }, 20), /longer than its tensors/],
    [
      'overlap',
      () => handmade({ a: f32([4], 0, 16), b: f32([4], 8, 24) }, 24),
      /tensor b begins at byte 8; expected byte 16/,
    ],
    [
      'hole',
      () => handmade({ a: f32([2], 0, 8), b: f32([2], 12, 20) }, 20),
      /tensor b begins at byte 12; expected byte 8/,
    ],
    [
      'offsets that do not fit the shape',
      () => handmade({ a: f32([3], 0, 16) }, 16),
      /16 bytes at \[0, 16\]; expected 12 bytes for F32 of shape \[3\]/,
    ],
    [
      'a shape larger than any memory',
      () => handmade({ a: f32([1e9, 1e9], 0, 16) }, 16),
      /expected 4000000000000000000 bytes/,
    ],
    ['negative offsets', () => handmade({ a: f32([1], -4, 0) }, 0), /tensor a: data_offsets\.0: expected at least 0/],
    ['fractional shape', () => handmade({ a: f32([1.5], 0, 6) }, 6), /tensor a: shape\.0: expected a whole number/],
    ['unknown dtype', () => handmade({ a: f32([4], 0, 4, 'I8') }, 4), /dtype I8; expected one of F32, BF16, F16/],
    ['a dtype from the prototype', () => handmade({ a: f32([4], 0, 4, 'toString') }, 4), /dtype toString/],
    ['missing key', () => handmade({ a: { dtype: 'F32', shape: [] } }, 4), /tensor a: data_offsets: expected a list/],
  ];

  test.each(cases)('%s', async (_, make, message) => {
    const path = await make();
    const error = await readSafetensors(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelLoadError);
    expect(String(error)).toMatch(message);
    expect(String(error)).toContain(path);
  });

  test('rejects a file truncated at any byte', async () => {
    const whole = join(root, 'whole.safetensors');
    await writeSafetensors(
      whole,
      [
        ['a', tensor([3])],
        ['b', tensor([2, 2])],
      ],
      { metadata: { k: 'v' } },
    );
    const bytes = await readFile(whole);
    const cut = join(root, 'cut.safetensors');
    for (let length = 0; length < bytes.length; length++) {
      await writeFile(cut, bytes.subarray(0, length));
      await expect(readSafetensors(cut)).rejects.toBeInstanceOf(ModelLoadError);
    }
  });
});

describe('writing', () => {
  test('rejects data that does not fit its shape, and duplicate names', async () => {
    const path = join(root, 'refused.safetensors');
    await expect(writeSafetensors(path, [['a', { shape: [3], data: new Float32Array(2) }]])).rejects.toBeInstanceOf(
      StoreError,
    );
    await expect(
      writeSafetensors(path, [
        ['a', tensor([1])],
        ['a', tensor([1])],
      ]),
    ).rejects.toBeInstanceOf(StoreError);
    await expect(writeSafetensors(path, [['__metadata__', tensor([1])]])).rejects.toBeInstanceOf(StoreError);
  });

  test('throws StoreError for a path that cannot be written', async () => {
    await expect(writeSafetensors(join(root, 'no', 'such', 'folder'), [])).rejects.toBeInstanceOf(StoreError);
  });
});
