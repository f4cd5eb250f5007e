import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { spawnWorker } from '../../worker-host.ts';
import { disableTelemetry } from './telemetry.ts';

afterEach(() => void vi.unstubAllEnvs());

/** Runs `disableTelemetry` on a worker thread that starts with `env`; returns its error message. */
async function onWorker(env: NodeJS.ProcessEnv): Promise<unknown> {
  const worker = spawnWorker(new URL('../../../test/fixtures/workers/telemetry-worker.ts', import.meta.url), { env });
  const [answer]: unknown[] = await once(worker, 'message');
  await worker.terminate();
  return answer;
}

describe('disableTelemetry', () => {
  it('overrules the environment on the main thread', () => {
    vi.stubEnv('ORT_DISABLE_TELEMETRY', '0');
    disableTelemetry();
    expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1');
  });

  it('accepts a worker thread that started with the variable', async () => {
    expect(await onWorker({ ORT_DISABLE_TELEMETRY: '1' })).toBeNull();
  });

  it('rejects a worker thread that started without the variable, and says where to set it', async () => {
    expect(await onWorker({})).toMatch(
      /cannot switch off[^]*\nSet process\.env\.ORT_DISABLE_TELEMETRY = '1' on the main/,
    );
  });
});
