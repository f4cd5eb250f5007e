/** A policy on a service, as the engine's interface wants it. Its calls run one after another. */

import { EngineError } from '../../../errors.ts';
import type { AdamParams } from '../../../wire/messages.ts';
import type {
  BackwardPass,
  Coefficients,
  Ctl,
  Example,
  OptimizerOptions,
  Policy,
  SnapshotRef,
  StatePlace,
  StateRef,
  StepResult,
} from '../../engine.ts';
import type { BusyClock } from '../busy.ts';
import { checkExamples, type Limits, masked, maskedLogprobs } from '../datum.ts';
import { calling, checkAborted } from '../failures.ts';
import { Turns } from '../turns.ts';
import { metricNamed, type PassResult } from './chunks.ts';
import { coefficientsOf } from './coefficients.ts';
import type { Batch, BackwardForm } from './backward.ts';
import type { TrainedModel } from './trained-model.ts';

/** What a policy uses of the engine that opened it. */
export interface PolicyHost {
  busy: BusyClock;
  limits: Limits;
  form: BackwardForm;
  /** Throws EngineError `user` for settings that the service ignores, or that it keeps from the policy's first step. */
  checkOptimizer(options: OptimizerOptions, first: OptimizerOptions | null): void;
  publish(version: number, policy: RemotePolicy): Promise<SnapshotRef>;
  save(model: TrainedModel, place: StatePlace, version: number): Promise<StateRef>;
  close(policy: RemotePolicy): Promise<void>;
}

export class RemotePolicy implements Policy {
  readonly model: TrainedModel;
  readonly #host: PolicyHost;
  readonly #turns = new Turns();
  #version: number;
  /** Options of the first step. */
  #first: OptimizerOptions | null = null;
  /** A short example, to look for values that are not finite. */
  #sample: Example | null = null;

  constructor(host: PolicyHost, model: TrainedModel, version: number) {
    this.#host = host;
    this.model = model;
    this.#version = version;
  }

  get version(): number {
    return this.#version;
  }

  logprobs(examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]> {
    return this.#turn('score', async () => (await this.#forward(examples, ctl)).logprobs);
  }

  accumulate(
    examples: readonly Example[],
    coefficients: Coefficients | readonly Float32Array[],
    ctl?: Ctl,
  ): Promise<BackwardPass> {
    return this.#turn('train', async () => {
      try {
        return await this.#accumulate(examples, coefficients, ctl);
      } catch (error) {
        this.model.discard(error);
        throw error;
      }
    });
  }

  step(options: OptimizerOptions): Promise<StepResult> {
    return this.#turn('update', async () => {
      this.#host.checkOptimizer(options, this.#first);
      const trained = this.model.hasGradient;
      try {
        const gradNorm = metricNamed(await this.model.step(adamParams(options)), 'grad_norm');
        if (trained) await this.#confirmFinite(gradNorm);
        this.#first ??= options;
        this.#version++;
        return { gradNorm };
      } catch (error) {
        this.model.discard(error);
        throw error;
      }
    });
  }

  publish(): Promise<SnapshotRef> {
    return this.#turn('publish weights', () => this.#host.publish(this.#version, this));
  }

  save(place: StatePlace): Promise<StateRef> {
    return this.#turn('save a state', () => this.#host.save(this.model, place, this.#version));
  }

  close(): Promise<void> {
    return this.#turn('unload a model', () => this.#host.close(this));
  }

  /** Runs a call between the calls of the policy. */
  during<T>(work: (model: TrainedModel) => Promise<T>): Promise<T> {
    return this.#turns.take(() => work(this.model));
  }

  #turn<T>(doing: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => this.#host.busy.during(() => calling(doing, work)));
  }

  async #forward(examples: readonly Example[], ctl?: Ctl): Promise<{ logprobs: Float32Array[]; pass: PassResult }> {
    checkExamples(examples, this.#host.limits);
    if (examples.length === 0) return { logprobs: [], pass: { logprobs: [], metrics: [] } };
    const pass = await this.model.forward(examples, ctl);
    return { logprobs: maskedLogprobs(examples, { ...EMPTY, logprobs: pass.logprobs }), pass };
  }

  async #accumulate(
    examples: readonly Example[],
    given: Coefficients | readonly Float32Array[],
    ctl?: Ctl,
  ): Promise<BackwardPass> {
    checkAborted(ctl?.signal);
    checkExamples(examples, this.#host.limits);
    const positions = examples.reduce((sum, { mask }) => sum + mask.reduce((all, one) => all + one, 0), 0);
    if (examples.length === 0) return { logprobs: [], entropySum: 0, positions };
    const first = typeof given === 'function' || this.#host.form !== 'weights';
    const forward = first ? await this.#forward(examples, ctl) : null;
    const coefficients = coefficientsOf(examples, given, forward?.logprobs ?? []);
    const batch: Batch = { examples, coefficients, logprobs: forward?.logprobs ?? [] };
    const backward = await this.model.backward(batch, ctl);
    this.#sample = shortest(examples, this.#sample);
    const pass = forward?.pass ?? backward;
    const logprobs =
      forward?.logprobs ?? examples.map(({ mask }, at) => masked(mask, backward?.logprobs[at] ?? new Float32Array(0)));
    return { logprobs, entropySum: entropyOf(pass), positions };
  }

  /**
   * Takes the step back if its gradient was not finite. A norm that is missing, or exactly 0, says nothing: a service
   * may report 0 for a gradient that is not finite. Then a forward pass does.
   */
  async #confirmFinite(gradNorm: number | null): Promise<void> {
    const reported = gradNorm !== null && gradNorm !== 0;
    if (reported && Number.isFinite(gradNorm)) return;
    const bad = reported || !(await this.#isFinite());
    if (!bad) return;
    this.model.undo();
    throw new EngineError(
      'numeric',
      'The gradient is not finite: the step was taken back.',
      'Lower the learning rate, or resume from the last step.',
    );
  }

  async #isFinite(): Promise<boolean> {
    if (this.#sample === null) return true;
    const { logprobs } = await this.model.forward([this.#sample]);
    return logprobs[0]?.every((value) => Number.isFinite(value)) ?? false;
  }
}

const EMPTY = { outputType: '', metrics: {} };

/** The entropy is on the wire only if the service adds it. */
function entropyOf(pass: PassResult | null): number | null {
  const sums = pass?.metrics.map((one) => metricNamed(one, 'rzero_entropy')) ?? [];
  let total = 0;
  for (const one of sums) {
    if (one === null) return null;
    total += one;
  }
  return sums.length === 0 ? null : total;
}

function shortest(examples: readonly Example[], known: Example | null): Example | null {
  return examples.reduce<Example | null>(
    (best, one) => (best === null || one.input.length < best.input.length ? one : best),
    known,
  );
}

function adamParams(options: OptimizerOptions): AdamParams {
  return {
    learning_rate: options.learningRate,
    beta1: options.beta1,
    beta2: options.beta2,
    eps: options.epsilon,
    weight_decay: options.weightDecay,
    grad_clip_norm: options.clip,
  };
}
