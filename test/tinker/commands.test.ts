/** The commands of the program with a run on a service: a server of this project, over HTTP. */

import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { run as chat } from '../../src/cli/commands/chat.ts';
import { run as doctor } from '../../src/cli/commands/doctor.ts';
import { run as evaluate } from '../../src/cli/commands/eval.ts';
import { run as exportModel } from '../../src/cli/commands/export.ts';
import { run as finetune } from '../../src/cli/commands/finetune.ts';
import { run as runs } from '../../src/cli/commands/runs.ts';
import { run as show } from '../../src/cli/commands/show.ts';
import type { Io } from '../../src/cli/io.ts';
import { resolveConfig } from '../../src/config/load.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { evolve } from '../../src/index.ts';
import { perform, type Printed } from '../advice/perform.ts';
import { setFlags } from '../fixtures/short-run.ts';
import { SERVED_MODEL, type Served, serveFolder } from './served.ts';

const MODEL = 'models/arith-base';
const TINY = {
  challenger: { steps: 1, groups: 2, groupSize: 2, votes: 2, klWeight: 0 },
  pool: { questions: 12, chunk: 12 },
  votes: { count: 3, chunk: 12 },
  filter: { minQuestions: 1, minAgreement: 0, maxAgreement: 1 },
  solver: { steps: 1, prompts: 2, groupSize: 2, klWeight: 0 },
  evaluation: { questions: 2, samples: 1 },
  adapt: { rank: 2 },
} satisfies ConfigInput;

let place: string;
let server: Served;
const at = (...names: string[]): string => join(place, 'runs', ...names);
const checkpoints = async (): Promise<string[]> =>
  (await readdir(join(place, 'checkpoints'), { recursive: true })).filter((name) =>
    /checkpoints.\d+\.json$/.test(name),
  );

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'rzero-service-commands-'));
  server = await serveFolder(MODEL, join(place, 'checkpoints'));
  const engine = { kind: 'tinker', url: server.url, model: SERVED_MODEL, price: { sampled: 1 } } as const;
  const config = resolveConfig({ flags: { ...TINY, iterations: 2, model: MODEL, engine } });
  await evolve({ config, runDir: at('remote') }).result;
}, 120_000);
afterAll(async () => {
  await server.close();
  await rm(place, { recursive: true, force: true });
});

async function printed<Flags>(
  run: (flags: Flags, io: Io, argument?: string) => Promise<number>,
  flags: Flags & { runsDir?: string },
  argument?: string,
): Promise<Printed> {
  const result = await perform(run, flags, place, argument);
  expect(result.code).toBe(0);
  return result;
}

describe('a run on a service', { timeout: 60_000 }, () => {
  it('is shown with what was found out about the service, and with what it used', async () => {
    const { out } = await printed(show, {}, 'remote');
    expect(out).toMatch(/\nService\nhttp:\/\/127\.0\.0\.1:\d+: behaves like conforming: /);
    expect(out).toMatch(
      /\nused +requests +sampled +prefilled +trained +tokens +cost\n.*\nbase .*\niteration 1 .*\niteration 2 .*\nall /,
    );
    const shape = z.object({
      service: z.object({
        findings: z.record(z.string(), z.unknown()),
        usage: z.object({ sampledTokens: z.number(), cost: z.number() }),
        iterations: z.array(z.object({ iteration: z.number(), usage: z.object({ sampledTokens: z.number() }) })),
      }),
    });
    const { service } = shape.parse(JSON.parse((await printed(show, { json: true }, 'remote')).out));
    expect(service.findings[server.url]).toMatchObject({ training: { perToken: 'sum' }, sampling: { seeds: true } });
    const sum = service.iterations.reduce((total, { usage }) => total + usage.sampledTokens, 0);
    expect(sum).toBe(service.usage.sampledTokens);
    expect(service.usage.cost).toBeCloseTo(sum / 1e6, 9);
  });

  it('gives the adapter of an iteration, which answers here as it does there', async () => {
    const out = join(place, 'adapter');
    await printed(exportModel, { model: 'remote@1', out, dtype: 'float32', adapter: true } as const);
    expect(existsSync(join(out, 'adapter_model.safetensors'))).toBe(true);
    const ask = { role: 'solver', ask: 'Compute 3 + 4.', json: true, seed: 4 } as const;
    const there = await printed(chat, { ...ask, model: 'remote@1' });
    const here = await printed(chat, { ...ask, model: out, set: ['engine.threads=1'] });
    expect(JSON.parse(there.out)).toEqual(JSON.parse(here.out));
    const short = { questions: 3, samples: 2, json: true } as const;
    const scores = await printed(evaluate, { ...short, model: 'remote@1' });
    const own = await printed(evaluate, { ...short, model: out, set: ['engine.threads=1'] });
    const scoresOf = ({ out: json }: Printed): unknown => ({ ...Object(JSON.parse(json)), model: '' });
    expect(scoresOf(scores)).toEqual(scoresOf(own));
  });

  it('gives the whole model of an iteration, and of the best one', async () => {
    for (const model of ['remote', 'remote@2']) {
      const out = join(place, `whole-${model}`);
      const result = await printed(exportModel, { model, out, dtype: 'bfloat16', json: true } as const);
      expect(JSON.parse(result.out)).toMatchObject({ folder: out, dtype: 'bfloat16' });
      expect(existsSync(join(out, 'model.safetensors'))).toBe(true);
    }
  });

  it('is downloaded before another engine uses it', async () => {
    const write = join(place, 'data.jsonl');
    const from = perform(finetune, { data: '4', write, model: 'remote@1', engine: 'local' }, place);
    await expect(from).rejects.toThrow(
      /`rzero export --model remote .*--out FOLDER` downloads the best one, .* remote@N /,
    );
    await printed(finetune, { data: '4', write, model: 'remote', engine: 'local' });
  });

  it('is answered and evaluated by its name, as the model of the service is', async () => {
    const ask = { role: 'solver', ask: 'Compute 3 + 4.', json: true } as const;
    expect(JSON.parse((await printed(chat, { ...ask, model: 'remote' })).out)).toMatchObject({ truth: '7' });
    expect(JSON.parse((await printed(chat, { ...ask, url: server.url, model: MODEL })).out)).toMatchObject({
      truth: '7',
    });
    const challenger = await printed(chat, { role: 'challenger', json: true, model: 'remote' } as const);
    expect(JSON.parse(challenger.out)).toMatchObject({ role: 'challenger' });
  });

  it('has a service that trains on given answers too', async () => {
    const set = setFlags(TINY).map((flag) => flag.replace('--set=', ''));
    const { out } = await printed(finetune, { data: '8', url: server.url, model: MODEL, set });
    expect(out).toContain('Used of the service:');
  });
});

describe('the check of a service', { timeout: 60_000 }, () => {
  it('names its models, and tries out the settings on request', async () => {
    const { out } = await printed(doctor, { url: server.url, scale: 'tiny' });
    expect(out.replaceAll(/\s+/g, ' ')).toContain(`has 1 model: ${SERVED_MODEL} (512 tokens)`);
    expect(out).toContain('not probed');
    const probed = await printed(doctor, { url: server.url, scale: 'tiny', probe: true, json: true });
    expect(JSON.parse(probed.out)).toMatchObject({
      ready: true,
      services: [{ url: server.url, models: [{ name: SERVED_MODEL, maxContext: 512 }] }],
      findings: { [server.url]: { profile: 'conforming' } },
    });
  });

  it('fails for a model that the service does not have, and names those that it has', async () => {
    const { code, out } = await perform(doctor, { url: server.url, model: 'org/other', tokenizer: MODEL }, place);
    expect(code).toBe(1);
    // Sentences are wrapped.
    expect(out.replaceAll(/\s+/g, ' ')).toContain(`does not have the model org/other; it has ${SERVED_MODEL}.`);
  });
});

describe('the check of a model without a tokenizer', () => {
  it('asks for one', async () => {
    const { code, out } = await perform(doctor, { url: server.url, model: 'nowhere', json: true }, place);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({
          name: 'tokenizer',
          found: expect.stringMatching(/^The tokenizer of nowhere is needed on this machine\. /) as unknown,
          advice: expect.stringMatching(
            /^Name the model's folder or its name on the hub with --tokenizer\. /,
          ) as unknown,
        }),
      ]) as unknown,
    });
  });
});

describe('the checkpoints of a run', { timeout: 60_000 }, () => {
  it('of earlier iterations are deleted from the service, and then all; those that it does not know are named', async () => {
    const before = await checkpoints();
    const pruned = await printed(runs, { prune: 'remote', yes: true });
    expect(pruned.out).toMatch(/remote {2}freed, .* and [1-9]\d* checkpoints? on the service\n/);
    const kept = await readdir(at('remote', 'remote'));
    const left = await checkpoints();
    expect(left.length).toBeLessThan(before.length);
    await printed(chat, { role: 'solver', ask: 'Compute 3 + 4.', json: true, model: 'remote@2' } as const);

    await cp(at('remote'), at('copy'), { recursive: true });
    await expect(perform(runs, { delete: ['remote'] }, place)).rejects.toThrow(
      new RegExp(`Delete 1 run \\(remote; .*; \\d+ checkpoints on ${server.url}\\)`),
    );
    const gone = await printed(runs, { delete: ['remote'], yes: true, json: true });
    expect(gone.err).toBe('');
    expect(existsSync(at('remote'))).toBe(false);
    const { deleted } = z
      .object({ deleted: z.tuple([z.object({ id: z.string(), checkpoints: z.number() })]) })
      .parse(JSON.parse(gone.out));
    expect(deleted[0].checkpoints).toBeGreaterThanOrEqual(kept.length);
    expect(left.length - (await checkpoints()).length).toBe(deleted[0].checkpoints);

    const again = await perform(runs, { delete: ['copy'], yes: true }, place);
    expect(again.code).toBe(1);
    expect(again.err).toContain(`copy: ${deleted[0].checkpoints} checkpoints may remain on ${server.url} (the service`);
    expect(again.err.match(/^ {2}tinker:\/\/\S+$/gm)).toHaveLength(deleted[0].checkpoints);
    expect(existsSync(at('copy'))).toBe(false);
  });
});
