/** A sampler over a session on a service. Many calls may run at the same time; results keep the order of requests. */

import type { WireSamplingParams } from '../../../wire/messages.ts';
import { checkSampleRequest } from '../../check-request.ts';
import type { Completion, Ctl, Example, Sampler, SampleRequest, WeightsRef } from '../../engine.ts';
import { linkedAbort } from '../../flow/linked-abort.ts';
import { waitForAll } from '../../flow/wait-for-all.ts';
import type { BusyClock } from '../busy.ts';
import { checkExamples, type Limits, masked } from '../datum.ts';
import { calling, checkAborted } from '../failures.ts';
import { passTokens } from '../../pass-tokens.ts';
import type { SamplingFindings } from '../probe/findings.ts';
import { type RemoteSampleRequest, ServiceError, type TinkerService } from '../service.ts';
import type { Places } from '../turns.ts';
import { checkRoom } from './check-room.ts';
import { completionOf, type EndRules } from './ends.ts';
import { checkSupported, wireRequests } from './request.ts';
import type { SessionSource } from './session-source.ts';

/** Times that one request may find its session lost. */
const RENEWALS = 8;

/** What a sampler uses of the engine that opened it. */
export interface SamplerHost {
  busy: BusyClock;
  /** Completions in progress, over all samplers. */
  places: Places;
  service: TinkerService;
  limits: Limits;
  found: SamplingFindings;
  rules: EndRules;
  /** Scores with the trainer; used where the service's prompts have no log-probabilities, or others than the trainer's. */
  scoreByTrainer(examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]>;
  /** Whether sequences are scored by the trainer. */
  byTrainer: boolean;
  close(): Promise<void>;
}

const SCORING: WireSamplingParams = { max_tokens: 0, temperature: 1, top_k: -1, top_p: 1, seed: 0 };

export function remoteSampler(host: SamplerHost, source: SessionSource, ref: WeightsRef, version: number): Sampler {
  const { service, limits, found, rules, places, busy } = host;
  // New tokens of a request that scores.
  const drawn = found.scoresOnly ? 0 : 1;

  /** Sends one request, and again with a new session if the service has lost the old one. */
  const send = async (request: Omit<RemoteSampleRequest, 'samplingSession'>, ctl: Ctl) => {
    for (let tries = 1; ; tries++) {
      const samplingSession = await source.session();
      try {
        return await service.sample({ ...request, samplingSession }, { signal: ctl.signal });
      } catch (error) {
        const lost = error instanceof ServiceError && error.outcome === 'lost-sampler';
        if (!lost || tries >= RENEWALS) throw error;
        checkAborted(ctl.signal);
        await source.renew(samplingSession);
      }
    }
  };

  const complete = async (request: SampleRequest, ctl: Ctl): Promise<Completion[]> => {
    const outputs = await Promise.all(
      wireRequests(request, found, rules.eosIds).map(({ n, params }) =>
        places.hold(n, async () => {
          checkAborted(ctl.signal);
          return send({ prompt: request.prompt, n, params }, ctl);
        }),
      ),
    );
    checkAborted(ctl.signal);
    const completions = outputs
      .flatMap(({ sequences }) => sequences)
      .map((sequence) => completionOf(sequence, request, rules, version));
    if (completions.length === request.n) return completions;
    throw new ServiceError('failed', `it sent ${completions.length} completions instead of ${request.n}`);
  };

  const score = async (example: Example, ctl: Ctl): Promise<Float32Array> => {
    const { input, target, mask } = example;
    const prompt = new Int32Array(input.length + 1);
    prompt.set(input);
    prompt.set(target.subarray(-1), input.length);
    const { promptLogprobs } = await places.hold(1, async () => {
      checkAborted(ctl.signal);
      return send({ prompt, n: 1, params: { ...SCORING, max_tokens: drawn }, promptLogprobs: true }, ctl);
    });
    const all = promptLogprobs ?? new Float32Array(0);
    return masked(mask, all.length === prompt.length ? all.subarray(1) : all);
  };

  return {
    ref,
    version,
    sample: (requests, ctl = {}) =>
      busy.during(() =>
        calling('sample', async () => {
          checkAborted(ctl.signal);
          for (const request of requests) {
            checkSampleRequest(request, limits.vocabulary);
            checkRoom(request, limits.maxContext);
            checkSupported(request, found);
          }
          const total = requests.reduce((sum, { n }) => sum + n, 0);
          const report = reporter(ctl, total);
          return all(requests, ctl, async (request, inner, at) => {
            const completions = await complete(request, inner);
            completions.forEach((completion, index) => passTokens(ctl, at, index, completion));
            report(
              request.n,
              completions.reduce((sum, { tokens }) => sum + tokens.length, 0),
            );
            return completions;
          });
        }),
      ),
    score: (examples, ctl = {}) =>
      busy.during(() =>
        calling('score', async () => {
          checkAborted(ctl.signal);
          checkExamples(examples, limits);
          // The request needs room for the last target, and for a new token.
          const long = examples.some(({ input }) => input.length + 1 + drawn > limits.maxContext);
          if (host.byTrainer || long) return host.scoreByTrainer(examples, ctl);
          const report = reporter(ctl, examples.length);
          return all(examples, ctl, async (example, inner) => {
            const logprobs = await score(example, inner);
            report(1, example.input.length);
            return logprobs;
          });
        }),
      ),
    close: async () => {
      await source.close();
      await host.close();
    },
  };
}

/** Runs `work` for all items at the same time. The first failure aborts the others, and is thrown. */
async function all<Item, Result>(
  items: readonly Item[],
  ctl: Ctl,
  work: (item: Item, ctl: Ctl, index: number) => Promise<Result>,
): Promise<Result[]> {
  // Not `AbortSignal.any`: Node keeps a combined signal with listeners, and all that its calls refer to, for ever.
  const { signal, abort, release } = linkedAbort(ctl.signal);
  try {
    return await waitForAll(
      items.map((item, index) => work(item, { signal }, index)),
      abort,
    );
  } catch (error) {
    checkAborted(ctl.signal);
    throw error;
  } finally {
    release();
  }
}

function reporter({ onProgress }: Ctl, total: number): (done: number, tokens: number) => void {
  const started = performance.now();
  let [done, tokens] = [0, 0];
  return (more, added) => {
    done += more;
    tokens += added;
    const seconds = (performance.now() - started) / 1000;
    onProgress?.({ done, total, tokensPerSecond: seconds > 0 ? tokens / seconds : null });
  };
}
