import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { newAdapter } from '../../../../models/adapters/adapter.ts';
import type { DecoderConfig, Weights } from '../../../../models/decoder-config.ts';
import { randomWeights } from '../../../../models/init.ts';
import { Random } from '../../../../random.ts';
import { ADAPTER_TARGETS } from '../../../../types.ts';
import type { LocalSampler } from '../../backend.ts';
import { type Loaded, PlacedAdapter } from '../../memory/loaded.ts';
import { SharedBase } from '../../memory/shared-base.ts';
import { HostTensors } from '../../memory/tensors.ts';
import { closeGate, createGate, type NativeGate } from '../../native-gate.ts';
import type { SampleControl } from '../continuous-batching.ts';
import { SAMPLED_SHAPES, type SamplerOptions, sampleRequest, samplerSuite } from '../sampler.contract.ts';
import { SamplerSessions } from '../sampler-sessions.ts';
import { PairSampler, type PairSessions } from './pair-sampler.ts';
import { Peer } from './peer.ts';
import { sampleTogether } from './shared-call.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-pair-'));
const text = join(root, 'tokenizer');
writeTokenizer(text, 90);
const opened: PairSessions[] = [];
const close = async (): Promise<void> => {
  for (const { whole, half, peer } of opened.splice(0)) {
    await peer.close();
    await whole.close();
    await half.close();
  }
};
afterAll(async () => {
  await close();
  rmSync(root, { recursive: true, force: true });
});

/** Token i is the word `t<i>`. */
function writeTokenizer(folder: string, size: number): void {
  const vocab = Object.fromEntries(Array.from({ length: size }, (_, id) => [`t${id}`, id]));
  const model = { type: 'WordLevel', vocab, unk_token: 't0' };
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'tokenizer.json'),
    JSON.stringify({
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'WhitespaceSplit' },
      post_processor: null,
      decoder: null,
      model,
    }),
  );
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ eos_token: 't3', unk_token: 't0' }));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ eos_token_id: 3 }));
}

function sessions(slots: number, gate: NativeGate | null = null): PairSessions {
  const of = (threads: number) => ({ threads, slots, sharePrompts: true });
  const made = {
    whole: new SamplerSessions(of(2)),
    half: new SamplerSessions(of(1)),
    peer: new Peer({ options: of(1), gate }),
  };
  opened.push(made);
  return made;
}

function model(config: DecoderConfig, weights: Weights, given: Partial<Loaded> = {}): Loaded {
  const base = new SharedBase(config, new HostTensors(weights)).enter();
  const place = { folder: text, base: text, adapter: null, basePin: null };
  const ends = { version: 0, eosIds: [3], decode: () => '' };
  return { config, base, adapter: null, tensors: base.tensors, place, ...ends, ...given };
}

const shared = new Map<number, PairSessions>();

async function open(
  config: DecoderConfig,
  weights: Weights,
  { slots, sharePrompts, eosIds, policyVersion: version, decode }: SamplerOptions,
): Promise<LocalSampler> {
  const parts = shared.get(slots) ?? sessions(slots);
  shared.set(slots, parts);
  const loaded = model(config, weights, { eosIds, version, decode });
  const sampler = sharePrompts
    ? new PairSampler(loaded, parts, 1)
    : new SamplerSessions({ threads: 1, slots, sharePrompts }).sampler(loaded);
  return {
    sample: (requests, control) => sampler.sample(requests, control),
    close: async () => {
      if (sampler instanceof PairSampler) await sampler.close();
      await loaded.base.leave();
    },
  };
}

samplerSuite('two samplers on the processor', { open, close, shorter: 1 });

const GROUPED = SAMPLED_SHAPES[1].config;
const QUIET: SampleControl = { tick: () => {} };
const weights = (): Weights => randomWeights(GROUPED, 4, 0.2);
const requests = [sampleRequest(17, 1, 9, 60), sampleRequest(5, 2, 12, 90), sampleRequest(30, 3, 7, 40)];
const alone = (threads: number, loaded: Loaded) =>
  new SamplerSessions({ threads, slots: 8 }).sampler(loaded).sample(requests, QUIET);

describe('a pair of samplers', () => {
  it.each(['all parameters', 'an adapter'])('returns the bits of one sampler with any threads: %s', async (what) => {
    const loaded = model(GROUPED, weights());
    if (what === 'an adapter') {
      const shape = { rank: 3, alpha: 8, targets: ADAPTER_TARGETS };
      const { weights: factors } = newAdapter(GROUPED, shape, 5);
      const random = new Random(6);
      for (const { data } of factors.values()) data.forEach((_, at) => (data[at] = random.normal() * 0.1));
      loaded.adapter = new PlacedAdapter(shape, new HostTensors(factors));
      loaded.tensors = loaded.base.tensors.with(loaded.adapter.tensors);
    }
    const one = await alone(1, loaded);
    expect(await alone(2, loaded)).toEqual(one);
    const sampler = new PairSampler(loaded, sessions(8));
    expect(await sampler.sample(requests, QUIET)).toEqual(one);
    const bare = await alone(1, model(GROUPED, weights()));
    if (what === 'an adapter') expect(one).not.toEqual(bare);
    else expect(one).toEqual(bare);
  });

  it('divides a call, counts both parts, and streams the part of the peer', async () => {
    const loaded = model(GROUPED, weights());
    const { half, peer } = sessions(8);
    const thread = peer.thread();
    const sampler = thread.open(loaded);
    let begun = (): void => {};
    const peerRuns = new Promise<void>((resolve) => (begun = resolve));
    const streamed: string[] = [];
    const counts = { peer: 0, done: 0, tokens: 0 };
    const found = await sampleTogether(
      requests,
      {
        tick: (done, tokens) => {
          counts.done = done;
          counts.tokens += tokens;
        },
        stream: {
          drawn: () => begun(),
          ended: ({ request, sample }) => streamed.push(`${request}.${sample}`),
        },
      },
      {
        sample: async (...given) => {
          await peerRuns;
          return half.sampler(loaded).sample(...given);
        },
      },
      async (call, tokens) => {
        const parts = await thread.sample(sampler, call, tokens);
        counts.peer = parts.length;
        return parts;
      },
    );
    expect(found).toEqual(await alone(1, loaded));
    expect(counts.peer).toBeGreaterThan(0);
    expect(streamed.toSorted()).toEqual(
      requests.flatMap(({ n }, request) => Array.from({ length: n }, (_, at) => `${request}.${at}`)).toSorted(),
    );
    expect(counts.done).toBe(28);
    // The first token of a completion is drawn without a step.
    expect(counts.tokens).toBe(found.flat().reduce((sum, { tokens }) => sum + tokens.length - 1, 0));
  });

  it('ends an aborted request on both sides', async () => {
    const loaded = model(GROUPED, weights(), { eosIds: [] });
    const sampler = new PairSampler(loaded, sessions(64));
    const long = [sampleRequest(5, 3, 24, 200), sampleRequest(6, 4, 12, 20)];
    const whole = await sampler.sample(long, QUIET);
    let ticks = 0;
    const control = { tick: () => void ticks++, isAborted: (request: number) => request === 0 && ticks > 3 };
    const [aborted, other] = await sampler.sample(long, control);
    expect(other).toEqual(whole[1]);
    aborted.forEach(({ tokens, logprobs }, at) => {
      expect(tokens.length).toBeLessThan(200);
      expect(tokens).toEqual(whole[0][at].tokens.slice(0, tokens.length));
      expect(logprobs).toEqual(whole[0][at].logprobs.slice(0, tokens.length));
    });
  });

  it('reports an error of the peer, and samples the next call', async () => {
    const folder = join(root, 'later');
    const loaded = model(GROUPED, weights(), { place: { folder, base: folder, adapter: null, basePin: null } });
    const sampler = new PairSampler(loaded, sessions(8));
    const stopping = requests.map((request) => ({ ...request, stopStrings: ['nowhere'] }));
    await expect(sampler.sample(stopping, QUIET)).rejects.toMatchObject({ code: 'model-load' });
    writeTokenizer(folder, 90);
    expect(await sampler.sample(stopping, QUIET)).toEqual(await alone(1, loaded));
  });

  it('reports that the thread of the peer has ended, and starts another for the next call', async () => {
    const gate = createGate();
    const loaded = model(GROUPED, weights(), { eosIds: [] });
    const parts = sessions(8, gate);
    const sampler = new PairSampler(loaded, parts);
    const whole = await sampler.sample(requests, QUIET);
    const { worker } = parts.peer.thread();
    let ticks = 0;
    const control = {
      tick: () => {
        if (ticks++ > 0) return;
        // A thread that ends within ONNX Runtime would end this process.
        closeGate(gate);
        void worker.terminate();
      },
    };
    await expect(sampler.sample(requests, control)).rejects.toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('The thread of the second sampler has ended.'),
    });
    expect(parts.peer.thread().worker).not.toBe(worker);
    Atomics.store(gate, 0, 0);
    expect(await sampler.sample(requests, QUIET)).toEqual(whole);
  });

  it('opens no second session for a call with few completions after a shared one', async () => {
    const loaded = model(GROUPED, weights());
    const parts = sessions(8);
    const sampler = new PairSampler(loaded, parts);
    const few = [sampleRequest(17, 1, 2, 60)];
    const found = await sampler.sample(few, QUIET);
    expect([parts.whole.serves(loaded), parts.half.serves(loaded)]).toEqual([true, false]);
    await loaded.base.leave();
    loaded.base.enter();
    await sampler.sample(requests, QUIET);
    expect(await sampler.sample(few, QUIET)).toEqual(found);
    expect([parts.whole.serves(loaded), parts.half.serves(loaded)]).toEqual([false, true]);
  });

  it('sends a base again after the peer has dropped it, and ends with its owner', async () => {
    const loaded = model(GROUPED, weights());
    const parts = sessions(8);
    const sampler = new PairSampler(loaded, parts);
    const whole = await sampler.sample(requests, QUIET);
    await sampler.close();
    await loaded.base.leave();
    loaded.base.enter();
    expect(await sampler.sample(requests, QUIET)).toEqual(whole);
    const { worker } = parts.peer.thread();
    await parts.peer.close();
    expect(worker.threadId).toBe(-1);
  });
});
