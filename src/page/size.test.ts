import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readBundle } from './bundle.ts';

/** Compressed size of the whole page without fonts, in bytes. */
const LIMIT = 250_000;

it('is small: script, style and document together, compressed', () => {
  const files = readBundle().filter(({ path }) => !path.endsWith('.woff2'));
  expect(files.map(({ path }) => path.split('.').at(-1)).toSorted((a, b) => (a ?? '').localeCompare(b ?? ''))).toEqual([
    'css',
    'html',
    'js',
  ]);
  const size = files.reduce((sum, { bytes }) => sum + gzipSync(bytes, { level: 9 }).length, 0);
  expect(size).toBeGreaterThan(30_000);
  expect(size).toBeLessThanOrEqual(LIMIT);
});
