import { afterEach, describe, expect, it, vi } from 'vitest';
import { onStopRequest, pressKind, type StopRequests } from './signals.ts';

let requests: StopRequests | null = null;
afterEach(() => {
  requests?.dispose();
  vi.restoreAllMocks();
});

/** Emits signals at the given milliseconds and returns the calls they cause. */
function send(signals: readonly [number, 'SIGINT' | 'SIGTERM'][]): string[] {
  const calls: string[] = [];
  const clock = vi.spyOn(performance, 'now');
  requests = onStopRequest(
    () => calls.push('stop'),
    (exitCode) => calls.push(`leave ${exitCode}`),
  );
  for (const [at, signal] of signals) {
    clock.mockReturnValue(at);
    process.emit(signal, signal);
  }
  return calls;
}

describe('stop requests', () => {
  it('stop at the first press and exit at the second', () => {
    expect(
      send([
        [0, 'SIGINT'],
        [2000, 'SIGINT'],
      ]),
    ).toEqual(['stop', 'leave 130']);
    expect(requests?.exitCode()).toBe(130);
  });

  it('count a signal forwarded by npm as the same press', () => {
    expect(
      send([
        [0, 'SIGINT'],
        [3, 'SIGINT'],
        [150, 'SIGINT'],
      ]),
    ).toEqual(['stop']);
  });

  it('include SIGTERM', () => {
    expect(send([[0, 'SIGTERM']])).toEqual(['stop']);
    expect(requests?.exitCode()).toBe(143);
  });

  it('remove their signal handlers', () => {
    const before = process.listenerCount('SIGINT');
    onStopRequest(
      () => undefined,
      () => undefined,
    ).dispose();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it('distinguish a press from its copy', () => {
    expect([pressKind(null, 5), pressKind(5, 6), pressKind(5, 1000)]).toEqual(['first', 'same', 'again']);
  });
});
