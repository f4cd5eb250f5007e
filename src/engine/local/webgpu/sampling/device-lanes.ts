/** The completions of a call in the slots of a device (`slots.ts`). A lane is a slot. */

import type { SampleRequest } from '../../../engine.ts';
import {
  decodedTokens,
  type Drawn,
  type Entered,
  type Lanes,
  type Running,
} from '../../sampling/continuous-batching.ts';
import type { Prompted } from '../../sampling/prompt-queue.ts';
import { type DrawRow, filtersOf, type Filters } from './draw-graph.ts';
import type { DevicePrompt, PromptBatch } from './prompt-batch.ts';
import type { SlotInput, Slots } from './slots.ts';

/** A completion in its slot. */
interface Lane {
  slot: number;
  /** Tokens of its prompt. */
  prompt: number;
}

interface Starting extends Prompted<DevicePrompt> {
  slot: number;
}

/**
 * Share of free slots from which on new completions start. A start takes about a third of the programs of a step, for any
 * number of completions.
 */
const REFILL = 1 / 8;

const IDLE: SlotInput = { token: 0, position: 0 };

export class DeviceLanes implements Lanes<Lane> {
  readonly count: number;
  readonly refill: number;
  #requests: readonly SampleRequest[];
  #slots: Slots;
  #pending: AsyncIterator<Prompted<DevicePrompt>>;
  #filters: Filters;
  #free: number[];

  constructor(requests: readonly SampleRequest[], slots: Slots, pending: AsyncIterator<Prompted<DevicePrompt>>) {
    this.count = slots.size.count;
    this.refill = Math.max(1, Math.floor(this.count * REFILL));
    this.#requests = requests;
    this.#slots = slots;
    this.#pending = pending;
    this.#filters = filtersOf(requests);
    this.#free = Array.from({ length: slots.size.count }, (_, slot) => slot);
  }

  async enter(most: number): Promise<Entered<Lane>[]> {
    const starting: Starting[] = [];
    while (starting.length < most) {
      const next = await this.#pending.next();
      const slot = next.done === true ? undefined : this.#free.pop();
      if (next.done === true || slot === undefined) break;
      starting.push({ ...next.value, slot });
    }
    if (starting.length === 0) return [];
    for (const [batch, placed] of byBatch(starting)) {
      await this.#slots.place(
        batch,
        placed.map(({ slot, prompt }) => ({ slot, row: prompt.row })),
      );
      batch.used(placed.length);
    }
    const drawn = await this.#draw(
      starting.map(({ request, sample, slot }) => ({ request, sample, slot, position: 0 })),
    );
    return starting.map(({ request, sample, slot, prompt }) => ({
      request,
      sample,
      lane: { slot, prompt: prompt.length },
      draw: () => drawn[slot],
    }));
  }

  async step(running: readonly Running<Lane>[]): Promise<(at: number) => Drawn> {
    const inputs = Array.from({ length: this.count }, () => IDLE);
    for (const one of running) {
      const { slot, prompt } = one.lane;
      inputs[slot] = { token: one.tokens[one.tokens.length - 1], position: prompt + decodedTokens(one) };
    }
    await this.#slots.step(inputs);
    const drawn = await this.#draw(
      running.map(({ request, sample, lane, tokens }) => ({
        request,
        sample,
        slot: lane.slot,
        position: tokens.length,
      })),
    );
    return (at) => drawn[running[at].lane.slot];
  }

  leave({ slot }: Lane): void {
    this.#free.push(slot);
  }

  /** A slot does not depend on the order of what runs. */
  move(): void {}

  #draw(wanted: readonly { request: number; sample: number; slot: number; position: number }[]): Promise<Drawn[]> {
    const rows = Array.from({ length: this.count }, (): DrawRow | null => null);
    for (const { request, slot, sample, position } of wanted) {
      rows[slot] = { request: this.#requests[request], sample, position };
    }
    return this.#slots.draw(rows, this.#filters);
  }
}

function byBatch(starting: readonly Starting[]): Map<PromptBatch, Starting[]> {
  const groups = new Map<PromptBatch, Starting[]>();
  for (const one of starting) {
    const { batch } = one.prompt;
    groups.set(batch, [...(groups.get(batch) ?? []), one]);
  }
  return groups;
}
