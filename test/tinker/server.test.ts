/** The server of the Tinker wire over real HTTP: order, retries, losses, saves, snapshots, sessions. */

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePath } from '../../src/serve/tinker/checkpoints/paths.ts';
import { ADAM, datum, WireClient } from '../fixtures/serve/client.ts';
import { BASE, openTestServer, type TestServer } from '../fixtures/serve/server.ts';

const X = [5, 17, 80, 9, 33, 120, 64];
const Y = [40, 41, 42, 43];

let server: TestServer;
let client: WireClient;
beforeAll(async () => {
  server = await openTestServer({ limits: { gapMs: 300, pollMs: 500 } });
  client = server.client;
});
afterAll(() => server.close());

const model = (lora?: Record<string, unknown>): Promise<string> => client.model(BASE, lora);

/** Trains one step, with the numbers `seq` and `seq + 1`. */
async function train(id: string, seq: number, tokens = X): Promise<void> {
  await client.call('forward_backward', client.pass(id, seq, [datum(tokens)]));
  await client.call('optim_step', client.step(id, seq + 1));
}

describe('order and repetition', () => {
  it('requests that arrive in the wrong order take effect in the order of their numbers', async () => {
    const [late, straight] = [await model(), await model()];
    const step = await client.post('optim_step', client.step(late, 2));
    const pass = await client.post('forward_backward', client.pass(late, 1, [datum(X)]));
    await client.retrieve(pass.body.request_id);
    await client.retrieve(step.body.request_id);
    await train(straight, 1);
    expect(await client.logprobs(late, 3, X)).toEqual(await client.logprobs(straight, 3, X));
  });

  it('a repeated request has the same future, and counts once', async () => {
    const [twice, once] = [await model(), await model()];
    const requests: [path: string, body: unknown][] = [
      ['forward_backward', client.pass(twice, 1, [datum(X)])],
      ['optim_step', client.step(twice, 2)],
      ['save_weights', { model_id: twice, seq_id: 3, path: 'again' }],
    ];
    for (const [path, body] of requests) {
      const first = await client.post(path, body);
      const result = await client.retrieve(first.body.request_id);
      expect(result.body.error).toBeUndefined();
      const second = await client.post(path, body);
      expect(second).toEqual(first);
      expect(await client.retrieve(second.body.request_id)).toEqual(result);
    }
    await train(once, 1);
    expect(await client.logprobs(twice, 4, X)).toEqual(await client.logprobs(once, 3, X));
  });

  it('another body under a used number is a conflict', async () => {
    const id = await model();
    await client.call('forward_backward', client.pass(id, 1, [datum(X)]));
    expect((await client.post('forward_backward', client.pass(id, 1, [datum(Y)]))).status).toBe(409);
    expect((await client.post('optim_step', client.step(id, 1))).status).toBe(409);
  });

  it('a refused request uses up its number, and is refused again', async () => {
    const id = await model();
    const bad = client.pass(id, 1, []);
    const first = await client.post('forward_backward', bad);
    expect(first.status).toBe(400);
    expect(await client.post('forward_backward', bad)).toEqual(first);
    const broken = { model_id: id, seq_id: 2, forward_backward_input: { data: 'rubbish', loss_fn: 'x' } };
    expect((await client.post('forward_backward', broken)).status).toBe(400);
    expect((await client.call('forward_backward', client.pass(id, 3, [datum(X)]))).error).toBeUndefined();
  });

  it('a missing number fails the step after it as a whole, and the next step works', async () => {
    const [gap, straight] = [await model(), await model()];
    await client.call('forward_backward', client.pass(gap, 1, [datum(Y)]));
    // Number 2 never comes.
    const results = [
      await client.post('forward_backward', client.pass(gap, 3, [datum(X)])),
      await client.post('optim_step', client.step(gap, 4)),
    ];
    for (const { body } of results) {
      expect((await client.retrieve(body.request_id)).body.error).toMatch(/request 2 did not arrive/);
    }
    expect((await client.post('forward_backward', client.pass(gap, 2, [datum(X)]))).status).toBe(400);
    await train(gap, 5);
    await train(straight, 1);
    expect(await client.logprobs(gap, 7, X)).toEqual(await client.logprobs(straight, 3, X));
  });

  it('a save does not wait for a missing number for ever, and the number may still come', async () => {
    const id = await model();
    const saved = await client.call('save_weights', { model_id: id, seq_id: 900, path: 'early' });
    expect(saved.path).toBe(`tinker://${id}/weights/early`);
    await train(id, 1);
  });

  it('two models created by one repeated request are one', async () => {
    const session_id = await client.session();
    const body = { session_id, model_seq_id: 3, base_model: BASE, lora_config: { rank: 2 } };
    const [one, two] = [await client.post('create_model', body), await client.post('create_model', body)];
    expect(two).toEqual(one);
    expect((await client.retrieve(one.body.request_id)).body.model_id).toBe(`${session_id}:train:3`);
    expect((await client.post('create_model', { ...body, lora_config: { rank: 3 } })).status).toBe(409);
  });
});

describe('a step', () => {
  it('is the same whether its requests are awaited or not', async () => {
    const [one, other] = [await model(), await model()];
    for (let step = 0; step < 3; step++) await train(one, 2 * step + 1);
    const submitted = [];
    for (let step = 0; step < 3; step++) {
      submitted.push(await client.post('forward_backward', client.pass(other, 2 * step + 1, [datum(X)])));
      submitted.push(await client.post('optim_step', client.step(other, 2 * step + 2)));
    }
    for (const { body } of submitted) await client.retrieve(body.request_id);
    expect(await client.logprobs(other, 7, X)).toEqual(await client.logprobs(one, 7, X));
  });

  it('adds up its requests', async () => {
    const [parts, whole] = [await model(), await model()];
    await client.call('forward_backward', client.pass(parts, 1, [datum(X)]));
    await client.call('forward_backward', client.pass(parts, 2, [datum(X)]));
    const { metrics: sum } = await client.call('optim_step', client.step(parts, 3));
    await client.call('forward_backward', client.pass(whole, 1, [datum(X, 2)]));
    const { metrics } = await client.call('optim_step', client.step(whole, 2));
    expect((sum as { grad_norm: number }).grad_norm).toBeCloseTo((metrics as { grad_norm: number }).grad_norm, 4);
  });

  it('with a ratio beyond all numbers is given up as a whole, and nothing is applied', async () => {
    const id = await model();
    const before = await client.logprobs(id, 1, X);
    const far = {
      ...(datum(X) as object),
      loss_fn_inputs: {
        target_tokens: { data: X.slice(1), dtype: 'int64' },
        logprobs: { data: Array(6).fill(-1000), dtype: 'float32' },
        advantages: { data: Array(6).fill(1), dtype: 'float32' },
      },
    };
    await client.call('forward_backward', client.pass(id, 2, [datum(X)]));
    const failed = await client.call('forward_backward', client.pass(id, 3, [far], 'importance_sampling'));
    expect(failed.error).toMatch(/not finite/);
    expect((await client.call('forward_backward', client.pass(id, 4, [datum(X)]))).error).toMatch(/given up/);
    expect((await client.call('optim_step', client.step(id, 5))).error).toMatch(/given up/);
    await client.call('optim_step', client.step(id, 6));
    expect(await client.logprobs(id, 7, X)).toEqual(before);
  });

  it('trains all parameters at rank 0, without touching the base', async () => {
    const full = await model({ rank: 0 });
    const base = await client.promptLogprobs({ base_model: BASE }, X);
    await train(full, 1);
    expect((await client.logprobs(full, 3, X))[0]).toBeGreaterThan(base[1] ?? 0);
    expect(await client.promptLogprobs({ base_model: BASE }, X)).toEqual(base);
    expect((await client.post('get_info', { model_id: full })).body).toMatchObject({ is_lora: false, lora_rank: null });
  });
});

describe('checkpoints', () => {
  it('give back weights and optimizer exactly, also after a restart', async () => {
    const id = await model({ rank: 4, seed: 5, lora_alpha: 8 });
    await train(id, 1);
    const { path } = await client.call('save_weights', { model_id: id, seq_id: 3, path: 'state' });
    const { path: sampler } = await client.call('save_weights_for_sampler', { model_id: id, seq_id: 4, path: 'play' });
    const saved = await client.logprobs(id, 5, X);
    const sampled = await client.promptLogprobs({ model_path: sampler }, X);
    await train(id, 6);
    const later = await client.logprobs(id, 8, X);
    await server.restart();
    expect((await client.post('optim_step', client.step(id, 9))).status).toBe(404);
    expect(await client.promptLogprobs({ model_path: sampler }, X)).toEqual(sampled);
    expect((await client.post('weights_info', { tinker_path: path })).body).toMatchObject({
      base_model: BASE,
      is_lora: true,
      lora_rank: 4,
      lora_alpha: 8,
    });
    // Both ways to load: into a new model, and as a new model.
    const loaded = await model({ rank: 4 });
    await client.call('load_weights', { model_id: loaded, seq_id: 1, path, optimizer: true });
    const created = { session_id: await client.session(), model_seq_id: 0, path, optimizer: true };
    const { model_id: made } = await client.call('load_weights', created);
    for (const [copy, seq] of [
      [loaded, 2],
      [String(made), 1],
    ] as const) {
      expect(await client.logprobs(copy, seq, X)).toEqual(saved);
      await train(copy, seq + 1);
      expect(await client.logprobs(copy, seq + 3, X)).toEqual(later);
    }
  });

  it('are loaded only into a new model with the same adapter', async () => {
    const id = await model();
    const { path } = await client.call('save_weights', { model_id: id, seq_id: 1, path: 'a' });
    expect((await client.post('load_weights', { model_id: id, seq_id: 2, path, optimizer: false })).status).toBe(400);
    for (const lora of [{ rank: 3 }, { rank: 4, train_mlp: false }, { rank: 4, lora_alpha: 8 }, { rank: 0 }]) {
      const other = await model(lora);
      const result = await client.call('load_weights', { model_id: other, seq_id: 1, path, optimizer: false });
      expect(result.error).toMatch(/^The checkpoint has a LoRA adapter of rank 4/);
    }
  });

  it('keep their name, unless they are to be replaced', async () => {
    const id = await model();
    const save = (seq: number, more: object = {}): Promise<Record<string, unknown>> =>
      client.call('save_weights', { model_id: id, seq_id: seq, path: 'same', ...more });
    const { path } = await save(1);
    const before = await client.promptLogprobs({ model_path: path }, X);
    await train(id, 2);
    expect((await save(4)).error).toMatch(/has a checkpoint named same/);
    expect(await client.promptLogprobs({ model_path: path }, X)).toEqual(before);
    expect((await save(5, { overwrite: true })).path).toBe(path);
    expect(await client.promptLogprobs({ model_path: path }, X)).not.toEqual(before);
  });

  it('are listed, expire and can be deleted', async () => {
    const id = await model();
    await client.call('save_weights', { model_id: id, seq_id: 1, path: 'stays', user_metadata: { step: 1 } });
    await client.call('save_weights_for_sampler', { model_id: id, seq_id: 2, path: 'short', ttl_seconds: 1 });
    const listed = async (): Promise<string[]> => {
      const { body } = await client.get(`training_runs/${id}/checkpoints`);
      return (body.checkpoints as { checkpoint_id: string }[]).map((one) => one.checkpoint_id);
    };
    expect(await listed()).toEqual(['weights/stays', 'sampler_weights/short']);
    await expect.poll(listed, { timeout: 10_000 }).toEqual(['weights/stays']);
    const url = `training_runs/${id}/checkpoints/weights/stays`;
    expect((await client.get(url, { method: 'DELETE' })).status).toBe(200);
    expect(await listed()).toEqual([]);
    expect((await client.get(url, { method: 'DELETE' })).status).toBe(404);
    expect((await client.get(`training_runs/${id}`)).body).toMatchObject({ training_run_id: id, lora_rank: 4 });
    expect((await client.get('training_runs?limit=1')).body.cursor).toMatchObject({ limit: 1, offset: 0 });
  });
});

describe('archives', () => {
  /** Downloads and unpacks a checkpoint. */
  async function unpacked(path: unknown): Promise<Map<string, Buffer>> {
    const { runId, kind, name } = parsePath(String(path));
    const asked = await fetch(`${server.url}/api/v1/training_runs/${runId}/checkpoints/${kind}/${name}/archive`, {
      redirect: 'manual',
    });
    expect(asked.status).toBe(302);
    const answer = await fetch(asked.headers.get('location') ?? '');
    const archive = Readable.from([Buffer.from(await answer.arrayBuffer())])
      .pipe(createGunzip())
      .pipe(extract());
    const files = new Map<string, Buffer>();
    for await (const entry of archive) files.set(entry.header.name, await buffer(entry));
    return files;
  }

  it("hold the adapter in PEFT's layout, with the base's name, or the whole model", async () => {
    const lora = await model({ rank: 3, lora_alpha: 6, train_mlp: false });
    await train(lora, 1);
    const { path } = await client.call('save_weights', { model_id: lora, seq_id: 3, path: 'a' });
    const adapter = await unpacked(path);
    expect([...adapter.keys()]).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors']));
    expect([...adapter.keys()]).not.toContain('optimizer.safetensors');
    expect(JSON.parse(String(adapter.get('adapter_config.json')))).toMatchObject({
      base_model_name_or_path: BASE,
      r: 3,
      lora_alpha: 6,
      target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
    });
    const full = await model({ rank: 0 });
    const saved = await client.call('save_weights_for_sampler', { model_id: full, seq_id: 1, path: 'whole' });
    const whole = await unpacked(saved.path);
    expect([...whole.keys()]).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']));
  });
});

describe('snapshots', () => {
  it('stay as they were while training goes on, whoever samples first, and after unloading', async () => {
    const id = await model();
    const session = id.split(':')[0];
    const snapshots: { sampling_session_id: string }[] = [];
    const expected: number[][] = [];
    for (let step = 0; step < 7; step++) {
      const seq = 4 * step + 1;
      await train(id, seq);
      const body = { model_id: id, seq_id: seq + 2, sampling_session_seq_id: step };
      const result = await client.call('save_weights_for_sampler', body);
      expect(result).toMatchObject({ path: null, sampling_session_id: `${session}:sample:${step}` });
      snapshots.push({ sampling_session_id: String(result.sampling_session_id) });
      expected.push(await client.logprobs(id, seq + 3, X));
    }
    const check = async (): Promise<void> => {
      for (const [at, snapshot] of snapshots.entries()) {
        const [first, ...rest] = await client.promptLogprobs({ ...snapshot, seq_id: at }, X);
        expect(first).toBeNull();
        rest.forEach((value, t) => expect(value).toBeCloseTo(expected[at][t], 4));
      }
    };
    await check();
    await client.call('unload_model', { model_id: id });
    await check();
    expect((await client.post('optim_step', client.step(id, 99))).status).toBe(404);
    expect((await client.get(`samplers/${snapshots[0].sampling_session_id}`)).body.base_model).toBe(BASE);
    await client.post(`sessions/${session}/finish`, { reason: { type: 'success' } });
    expect((await client.post('session_heartbeat', { session_id: session })).status).toBe(410);
    expect((await client.get(`samplers/${snapshots[0].sampling_session_id}`)).status).toBe(404);
  });

  it('of a training model do not hold the values of another one', async () => {
    const [one, other] = [await model({ rank: 4, seed: 1 }), await model({ rank: 4, seed: 2 })];
    const before = await client.logprobs(other, 1, X);
    await train(one, 1);
    expect(await client.logprobs(other, 2, X)).toEqual(before);
  });
});

describe('sampling', () => {
  const ask = (more: object = {}, params: object = {}): Record<string, unknown> => ({
    base_model: BASE,
    num_samples: 1,
    prompt: { chunks: [{ type: 'encoded_text', tokens: X }] },
    sampling_params: { max_tokens: 8, seed: 3, ...params },
    ...more,
  });

  it('gives the same tokens for the same seed, alone or among others', async () => {
    const alone = await client.call('asample', ask());
    const all = await Promise.all([3, 4, 3, 5, 3].map((seed) => client.call('asample', ask({}, { seed }))));
    expect([all[0], all[2], all[4]]).toEqual([alone, alone, alone]);
    expect(all[1]).not.toEqual(alone);
    const several = await client.call('asample', ask({ num_samples: 3 }));
    expect((several.sequences as unknown[])[0]).toEqual((alone.sequences as unknown[])[0]);
  });

  it('names each sample of a request', async () => {
    const { body } = await client.post('asample', ask({ num_samples: 3 }));
    expect(new Set(body.sample_sequence_ids as string[]).size).toBe(3);
  });

  it('keeps numbers beyond 2^53 apart, and repeats the answer of a repeated request', async () => {
    const session_id = await client.session();
    const opened = await client.post('create_sampling_session', {
      session_id,
      sampling_session_seq_id: 0,
      base_model: BASE,
    });
    const body = (seq: string, seed: number): string =>
      JSON.stringify(
        ask({ base_model: undefined, sampling_session_id: opened.body.sampling_session_id }, { seed }),
      ).replace(/}$/, `,"seq_id":${seq}}`);
    const [one, two] = ['530000000000000001', '530000000000000002'];
    const first = await client.post('asample', body(one, 3));
    expect(await client.post('asample', body(one, 3))).toEqual(first);
    const second = await client.post('asample', body(two, 4));
    expect(second.status).toBe(200);
    expect(second.body.request_id).not.toBe(first.body.request_id);
    expect((await client.post('asample', body(one, 4))).status).toBe(409);
  });

  it('scores a prompt without sampling, up to the whole context', async () => {
    const long = Array.from({ length: 64 }, (_, at) => at);
    const request = (max_tokens: number): unknown => ({
      ...ask({ prompt_logprobs: true }, { max_tokens }),
      prompt: { chunks: [{ type: 'encoded_text', tokens: long }] },
    });
    for (const most of [0, 1]) {
      const result = await client.call('asample', request(most));
      expect(result.sequences).toEqual([{ stop_reason: 'length', tokens: [], logprobs: [] }]);
      expect(result.prompt_logprobs).toHaveLength(64);
    }
    expect((await client.post('asample', request(2))).status).toBe(400);
    const one = await client.call('asample', ask({ prompt_logprobs: true, prompt: { chunks: [{ tokens: [3] }] } }));
    expect(one.prompt_logprobs).toEqual([null]);
  });

  it('stops where the request says, and nowhere if it says so', async () => {
    const free = await client.call('asample', ask({}, { stop: [], max_tokens: 12 }));
    const [{ tokens }] = free.sequences as [{ tokens: number[] }];
    expect(tokens).toHaveLength(12);
    const stopped = await client.call('asample', ask({}, { stop: [tokens[2]], max_tokens: 12 }));
    const [{ tokens: cut, stop_reason }] = stopped.sequences as [{ tokens: number[]; stop_reason: string }];
    expect(cut).toEqual(tokens.slice(0, tokens.indexOf(tokens[2]) + 1));
    expect(stop_reason).toBe('stop');
  });
});

it('a silent session ends, and its models with it', async () => {
  const other = await openTestServer({ limits: { sessionSeconds: 1 } });
  try {
    const id = await other.client.model(BASE);
    const [session_id] = id.split(':');
    const beat = (): Promise<number> =>
      other.client.post('session_heartbeat', { session_id }).then(({ status }) => status);
    expect(await beat()).toBe(200);
    await expect
      .poll(
        () =>
          other.client
            .post('optim_step', other.client.step(id, 1, { ...ADAM, learning_rate: -1 }))
            .then(({ status }) => status),
        {
          timeout: 20_000,
          interval: 3000,
        },
      )
      .toBe(404);
    expect(await beat()).toBe(410);
  } finally {
    await other.close();
  }
});
