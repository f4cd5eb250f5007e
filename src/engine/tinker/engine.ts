/**
 * The engine over services of the Tinker wire. `service.ts` is the line to the transport below; `policy/` trains, with
 * a journal against the loss of a model; `sampling/` samples; `states/` keeps records of what the services save;
 * `probe/` measures how a service behaves, and everything else adapts to that or refuses it.
 */

import { EngineError } from '../../errors.ts';
import type { Engine, ModelInfo, WeightsRef } from '../engine.ts';
import { BaseIdentity } from './base/base-identity.ts';
import { infoOf, readBaseFacts } from './base/base-folder.ts';
import { BusyClock } from './busy.ts';
import { calling } from './failures.ts';
import type { TinkerConfig } from './kind.ts';
import { describeService } from './probe/describe.ts';
import { checkOptimizer } from './policy/check-optimizer.ts';
import { PolicyDesk } from './policy/policy-desk.ts';
import { SamplerDesk } from './sampling/sampler-desk.ts';
import { Snapshots } from './sampling/snapshots.ts';
import { type Connect, Services } from './services.ts';
import { exportBase, exportState } from './states/export.ts';
import { listRecords, savedState } from './states/record.ts';
import { refuseBase, removeState } from './states/remote-states.ts';
import { refuseSnapshot } from './states/refuse-snapshot.ts';
import type { Shared } from './shared.ts';
import { Places } from './turns.ts';

/** Opens an engine, and connects to its services. */
export async function tinkerEngine(config: TinkerConfig, connect: Connect): Promise<Engine> {
  const services = await Services.connect(config, connect);
  const identity = new BaseIdentity();
  const shared: Shared = {
    config,
    services,
    identity,
    busy: new BusyClock(),
    places: new Places(config.slots),
    snapshots: new Snapshots(),
    factsOf: async (folder) => (await identity.known()) ?? readBaseFacts(folder),
    contextOf: (facts, served) => Math.min(facts.maxContext ?? Infinity, served ?? Infinity),
  };
  const policies = new PolicyDesk(shared);
  const samplers = new SamplerDesk(shared);

  const inspect = async (ref: WeightsRef): Promise<ModelInfo> => {
    const service = services.for();
    if (ref.kind === 'base') {
      const { maxContext } = await service.base();
      const facts = await readBaseFacts(ref.path);
      return infoOf(facts, shared.contextOf(facts, maxContext));
    }
    const { facts, adapter } =
      ref.kind === 'snapshot' ? policies.trained(shared.snapshots.find(ref.id).policy) : await stateFacts(shared, ref);
    return infoOf(facts, shared.contextOf(facts, (await service.base()).maxContext), adapter);
  };

  return {
    name: 'tinker',
    threads: 0,
    slots: config.slots,
    concurrent: true,
    busySeconds: () => shared.busy.seconds(),
    inspect,
    openPolicy: (options) => policies.open(options),
    openSampler: (ref, purpose) => samplers.open(ref, purpose),
    remove: async (ref) => {
      if (ref.kind === 'base') refuseBase(ref.path);
      if (ref.kind === 'state') return removeState(services, ref);
      await policies.removeSnapshot(ref.id);
    },
    exportTo: async (ref, folder) => {
      if (ref.kind === 'snapshot') refuseSnapshot('exported', 'Save the policy, and export the state.');
      if (ref.kind === 'base') return exportBase(ref.path, folder);
      const saved = await savedState(ref);
      const { folder: tokenizer } = await shared.factsOf(saved.folder);
      const { api } = services.of(saved);
      try {
        await exportState(api, saved, tokenizer, folder);
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== 'user' || saved.samplerPath !== null) throw error;
        // SkyRL sends weights to sample from only.
        const again = (samplerPath: string): Promise<void> =>
          exportState(api, { ...saved, samplerPath }, tokenizer, folder);
        await calling('export a state', () => samplers.withSamplerPath(saved, again));
      }
    },
    states: listRecords,
    usage: () => {
      const used = services.usage();
      return { ...used, cost: costOf(config, used) };
    },
    findings: async (about) => {
      const from = about?.from;
      if (from?.kind === 'base') await identity.open(from.path, (await services.for().base()).name);
      const facts = await identity.known();
      const found: Record<string, unknown> = {};
      const said: string[] = [];
      for (const service of services.all()) {
        if (facts !== null) await policies.probe(service, facts, about?.adapt);
        const own = await service.findings();
        found[service.api.url] = { ...own };
        said.push(describeService(own));
      }
      // Before anything is sampled, which costs.
      for (const { role, options } of about?.steps ?? []) {
        const { training } = await services.for({ role }).findings();
        if (training !== null) checkOptimizer(options, training);
      }
      return { ...found, summary: [...new Set(said)].join('; ') };
    },
    close: async () => {
      await policies.close();
      await services.close();
    },
  };
}

async function stateFacts(shared: Shared, ref: WeightsRef & { kind: 'state' }) {
  const saved = await savedState(ref);
  return { facts: await shared.factsOf(saved.folder), adapter: saved.adapter };
}

/** Null without prices. */
function costOf({ price }: TinkerConfig, used: Parameters<typeof sumOf>[1]): number | null {
  return price.sampled === 0 && price.prefilled === 0 && price.trained === 0 ? null : sumOf(price, used);
}

function sumOf(
  price: TinkerConfig['price'],
  used: { sampledTokens: number; prefilledTokens: number; trainedTokens: number },
): number {
  const { sampledTokens, prefilledTokens, trainedTokens } = used;
  return (sampledTokens * price.sampled + prefilledTokens * price.prefilled + trainedTokens * price.trained) / 1e6;
}
