/** Errors of models that are named by their run, of answers, and of event logs. */

import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { createGrader } from '../../../src/answers/grader.ts';
import { WorkerPool } from '../../../src/answers/workers/worker-pool.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { EVENT_FORMAT, type RunEvent, type StampedEvent } from '../../../src/events.ts';
import { folderOfModel, modelOfRun, namedRun } from '../../../src/generate/run-model.ts';
import { evolve, resume } from '../../../src/index.ts';
import { shortConfig } from '../../../src/loop/loop.contract.ts';
import { appendEvent, EVENTS_FILE } from '../../../src/store/events/event-log.ts';
import { followEvents } from '../../../src/store/events/follow-events.ts';
import { sampleSummary } from '../../../src/store/samples.contract.ts';
import { copyOldRun } from '../../fixtures/old-runs.ts';
import { writeArithmeticBase } from '../../fixtures/scripted/arithmetic-base.ts';
import { commandIn } from '../command.ts';
import type { AdviceCase } from '../followed.ts';

const SHORT = { iterations: 1, evaluation: { questions: 2, samples: 1, maxTokens: 6 } } satisfies ConfigInput;
const WORKER = new URL('../../fixtures/workers/moody-worker.ts', import.meta.url);

const find = (name: string, runsDir: string) => {
  const run = namedRun(name, runsDir);
  if (run === null) throw new Error(`${name} is no run`);
  return modelOfRun(run);
};

/** A run on the scripted engine that was stopped after the first step of its Solver. */
async function stopped(place: string): Promise<string> {
  await writeArithmeticBase(join(place, 'base'));
  const run = evolve({ config: shortConfig(join(place, 'base'), SHORT), runDir: join(place, 'run') });
  for await (const event of run) if (event.type === 'step' && event.stage === 'train-solver') run.stop();
  expect((await run.result).outcome).toBe('stopped');
  return join(place, 'run');
}

/** Moves the weights away, as an engine on another machine keeps them. */
function keepElsewhere(dir: string): void {
  renameSync(join(dir, 'weights'), join(dirname(dir), 'elsewhere'));
}

/** Reads the names that an advice lists, and opens each. */
async function openListed(place: string, advice: string): Promise<void> {
  const [, list] = /has: (.*) \(0 is the base\)\./.exec(advice) ?? [];
  for (const iteration of list.split(', ')) await find(`finished@${iteration}`, place);
}

async function readAll(dir: string): Promise<number> {
  let count = 0;
  for await (const _ of followEvents(dir)) count++;
  return count;
}

export const CASES: AdviceCase[] = [
  {
    file: 'generate/run-model.ts',
    message: 'The run … has no … of iteration ….',
    advice: /^It has: 0, 1 \(0 is the base\)\. Name one of them with @N after the name of the run\.$/,
    provoke: (place) => {
      copyOldRun('finished', place);
      return find('finished@7', place);
    },
    follow: (place, { advice }) => openListed(place, advice),
  },
  {
    file: 'generate/run-model.ts',
    message: 'The weights of iteration … were removed (pruned) from the run …: … does not exist.',
    advice: /^It still has: 0 \(0 is the base\)\. Name one of them with @N after the name of the run\.$/,
    provoke: (place) => {
      rmSync(join(copyOldRun('finished', place), 'weights', 'solver-1-step-3'), { recursive: true });
      return find('finished@1', place);
    },
    follow: (place, { advice }) => openListed(place, advice),
  },
  {
    file: 'generate/run-model.ts',
    message: 'The weights of … are stored by its engine, not in a folder on this machine.',
    advice:
      /^`rzero resume run --runs-dir \S+` finishes the run and exports its best Solver to a folder; the name of the run stands for it then\.$/,
    provoke: async (place) => {
      keepElsewhere(await stopped(place));
      folderOfModel(await find('run', place));
    },
    follow: async (place, { advice }) => {
      renameSync(join(place, 'elsewhere'), join(place, 'run', 'weights'));
      const [, id, , runsDir] = commandIn(advice);
      expect((await resume(join(runsDir, id)).result).outcome).toBe('finished');
      keepElsewhere(join(place, 'run'));
      expect(folderOfModel(await find('run', place))).toBe(join(place, 'run', 'best'));
      await expect(find('run@1', place).then(folderOfModel)).rejects.toThrow(
        'Name the run without an iteration: it stands',
      );
    },
  },
  {
    file: 'generate/run-inputs.ts',
    message: '…… … was removed since ….',
    advice: /^Restore it as it was\. The run run was made from the earlier one\.$/,
    provoke: async (place) => {
      await stopped(place);
      renameSync(join(place, 'base'), join(place, 'aside'));
      await find('run@0', place);
    },
    follow: async (place) => {
      renameSync(join(place, 'aside'), join(place, 'base'));
      await find('run@0', place);
      expect((await resume(join(place, 'run')).result).outcome).toBe('finished');
    },
  },
  {
    file: 'generate/run-inputs.ts',
    message: '…',
    advice: /^Restore it as it was\. The run run was made from the earlier one\.$/,
    provoke: async (place) => {
      await stopped(place);
      cpSync(join(place, 'base'), join(place, 'aside'), { recursive: true });
      writeFileSync(join(place, 'base', 'generation_config.json'), '{ "eos_token_id": 1 }');
      await find('run@0', place);
    },
    follow: async (place) => {
      rmSync(join(place, 'base'), { recursive: true });
      renameSync(join(place, 'aside'), join(place, 'base'));
      await find('run@0', place);
    },
  },
  {
    file: 'answers/grader.ts',
    message: 'A vote has the weight …; expected a finite number of at least 0.',
    advice: 'Correct the weights of the votes.',
    provoke: () => tally(-1),
    follow: () => tally(0.5),
  },
  {
    file: 'answers/workers/worker-pool.ts',
    message: '… is closed.',
    advice: 'Create a new one to go on.',
    provoke: async () => {
      const pool = new WorkerPool<string, string>(WORKER);
      await pool.close();
      await pool.run('a');
    },
    follow: () => tally(1),
  },
  {
    file: 'answers/workers/worker-pool.ts',
    message: 'The worker of … could not start: ….',
    advice: /^Check that \S+missing-worker\.ts exists and that memory is free\.$/,
    provoke: () => runWorker(new URL('missing-worker.ts', WORKER)),
    follow: () => runWorker(WORKER),
  },
  {
    file: 'store/events/log-tail.ts',
    message: 'The event log of the run in … cannot be read: ….',
    advice: 'Check that the folder exists and that you may read it, then follow the log again.',
    provoke: async (place) => {
      mkdirSync(join(place, EVENTS_FILE));
      await readAll(place);
    },
    follow: async (place) => {
      rmSync(join(place, EVENTS_FILE), { recursive: true });
      const dir = copyOldRun('finished', place);
      expect(await readAll(dir)).toBeGreaterThan(5);
    },
  },
  {
    file: 'store/events/log-tail.ts',
    message: 'The event log of the run in … was replaced while it was followed.',
    advice: 'Follow the log again from the beginning.',
    provoke: async (place) => {
      for (const seq of [1, 2]) appendEvent(place, stamped(seq, { type: 'warning', message: 'a warning' }));
      const following = followEvents(place);
      await following.next();
      await following.next();
      writeFileSync(join(place, EVENTS_FILE), '');
      await following.next();
    },
    follow: async (place) => {
      appendEvent(place, stamped(1, { type: 'run-end', summary: sampleSummary('stopped') }));
      expect(await readAll(place)).toBe(1);
    },
  },
];

const stamped = (seq: number, event: RunEvent): StampedEvent => ({
  v: EVENT_FORMAT,
  run: 'a-run',
  seq,
  at: '',
  ...event,
});

async function tally(weight: number): Promise<void> {
  const grader = createGrader();
  await grader.tally([{ answer: '3', weight }]);
  await grader.close();
}

async function runWorker(url: URL): Promise<void> {
  const pool = new WorkerPool<string, string>(url);
  try {
    expect(await pool.run('a')).toMatchObject({ kind: 'reply' });
  } finally {
    await pool.close();
  }
}
