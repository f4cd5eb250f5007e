/** Measures the processor time and the memory of this process by stage of a run. */

import type { RunEvent } from '../../../src/events.ts';
import type { StageName } from '../../../src/types.ts';

const SAMPLE_MS = 100;
const MIB = 2 ** 20;

export interface StageRow {
  stage: StageName;
  steps: number;
  seconds: number;
  /** Of all threads, user and system. */
  cpuSeconds: number;
  /** Highest resident memory. */
  peakMiB: number;
  /** Peak of the last third of the stage's time / peak of its first third. */
  growth: number;
  /** Peak of every tenth of the stage's time. */
  tenthsMiB: number[];
}

export class StageMeter {
  readonly stages: StageRow[] = [];
  readonly #start = { cpu: cpuSeconds(), wall: performance.now() };
  readonly #timer = setInterval(() => this.#memory.push(process.memoryUsage.rss() / MIB), SAMPLE_MS);
  #open = { cpu: 0, wall: 0, steps: 0 };
  #memory: number[] = [];

  /** Notes an event of the run. */
  see(event: RunEvent): void {
    if (event.type === 'stage-start') {
      this.#open = { cpu: cpuSeconds(), wall: performance.now(), steps: 0 };
      this.#memory = [process.memoryUsage.rss() / MIB];
    } else if (event.type === 'step') {
      this.#open.steps++;
    } else if (event.type === 'stage-end') {
      this.#close(event.stage);
    }
  }

  #close(stage: StageName): void {
    const { cpu, wall, steps } = this.#open;
    const tenthsMiB = Array.from({ length: 10 }, (_, tenth) => peakBetween(this.#memory, tenth / 10, (tenth + 1) / 10));
    this.stages.push({
      stage,
      steps,
      seconds: (performance.now() - wall) / 1000,
      cpuSeconds: cpuSeconds() - cpu,
      peakMiB: peakBetween(this.#memory, 0, 1),
      growth: peakBetween(this.#memory, 2 / 3, 1) / peakBetween(this.#memory, 0, 1 / 3),
      tenthsMiB,
    });
  }

  /** Processor seconds since the creation. */
  cpuSeconds(): number {
    return cpuSeconds() - this.#start.cpu;
  }

  result(): { seconds: number; cpuSeconds: number; stages: StageRow[] } {
    return {
      seconds: (performance.now() - this.#start.wall) / 1000,
      cpuSeconds: this.cpuSeconds(),
      stages: this.stages,
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function peakBetween(values: readonly number[], from: number, to: number): number {
  const first = Math.min(Math.floor(from * values.length), values.length - 1);
  return values.slice(first, Math.max(first + 1, Math.ceil(to * values.length))).reduce((a, b) => Math.max(a, b), 0);
}
