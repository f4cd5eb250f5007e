import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedWaitMs, backoffMs } from './retry.ts';

const NOW = Date.UTC(2026, 0, 1);

function asked(headers: Record<string, string>): number | null {
  return askedWaitMs(new Headers(headers), NOW);
}

describe('backoff', () => {
  it('doubles up to 30 seconds, with jitter that derives from the seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (failures, seed) => {
        const full = Math.min(30_000, 500 * 2 ** (failures - 1));
        const wait = backoffMs(500, failures, seed);
        expect(wait).toBeGreaterThanOrEqual(full / 2);
        expect(wait).toBeLessThan(full);
        expect(backoffMs(500, failures, seed)).toBe(wait);
      }),
    );
    expect(backoffMs(500, 3, 1)).not.toBe(backoffMs(500, 3, 2));
  });
});

describe('the wait that a server asks for', () => {
  it.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': ' 0.5 ' }, 500],
    [{ 'retry-after': '-1' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '120', 'retry-after': '1' }, 120],
    [{ 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '8s' }, null],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1m30.5s' }, 90_500],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '120ms' }, 120],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': `${'1s'.repeat(50)}x` }, null],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW + 5000) }, 5000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 7) }, 7000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9' }, 9000],
  ])('%o is %s ms', (headers, wait) => {
    expect(asked(headers)).toBe(wait);
  });
});
