import { describe, expect, it, onTestFinished } from 'vitest';

import { FastClock } from '../../../../../test/tinker/fast-clock.ts';
import { ScriptedService } from '../../../../../test/tinker/scripted-service.ts';
import { Auth } from './auth.ts';
import { Caller } from './caller.ts';
import { HttpClient } from './http.ts';
import { WaitMonitor } from './waiting.ts';

async function start(): Promise<{ service: ScriptedService; caller: Caller }> {
  const service = new ScriptedService();
  await service.start();
  const clock = new FastClock();
  const http = new HttpClient(service.url, 2);
  const parts = { http, clock, auth: new Auth(http, null, clock), monitor: new WaitMonitor(clock) };
  const caller = new Caller({ ...parts, patienceMs: 1000, firstPatienceMs: 1000 });
  onTestFinished(async () => {
    await caller.close();
    await service.stop();
  });
  return { service, caller };
}

const ask = (caller: Caller): Promise<unknown> =>
  caller.attempt({ method: 'GET', path: '/api/v1/get_server_capabilities', read: () => null }, { key: 'k', count: 0 });

describe('the evidence that a service is the same as before', () => {
  it('holds while it answers, or breaks connections', async () => {
    const { service, caller } = await start();
    const mark = caller.mark();
    service.script('get_server_capabilities', 'reset', { status: 503 });
    for (let i = 0; i < 3; i++) await ask(caller);
    expect(caller.sameSince(mark)).toBe(true);
  });

  it('ends when any request finds no server, even if the service is back', async () => {
    const { service, caller } = await start();
    const mark = caller.mark();
    await service.stop();
    await ask(caller);
    await service.start();
    await ask(caller);
    expect(caller.sameSince(mark)).toBe(false);
    expect(caller.sameSince(caller.mark())).toBe(true);
  });

  it('ends when the service names another instance', async () => {
    const { service, caller } = await start();
    service.traits.instance = 'one';
    await ask(caller);
    const mark = caller.mark();
    await ask(caller);
    expect(caller.sameInstance(mark)).toBe(true);
    service.traits.instance = 'two';
    await ask(caller);
    expect(caller.sameInstance(mark)).toBe(false);
  });
});
