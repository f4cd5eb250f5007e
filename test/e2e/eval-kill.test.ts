/** Kills an evaluation in a child process: stored answers are not requested again. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ownFileTask } from '../../src/eval/benchmarks/own-file.ts';
import { loadTask } from '../../src/eval/load-task.ts';
import { evaluateTask } from '../../src/eval/harness.ts';
import { openLog } from '../../src/eval/log/log.ts';
import { summarize } from '../../src/eval/summarize.ts';
import { evaluationGrader } from '../../src/eval/scoring/math.ts';
import { scriptedGenerator } from '../fixtures/scripted-generator.ts';
import { ABOUT, COLUMNS, DIALS, replyTo } from '../fixtures/slow-evaluation.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-eval-kill-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const QUESTIONS = 60;
const WORKER = fileURLToPath(new URL('../fixtures/workers/slow-evaluation.ts', import.meta.url));

/** Starts the worker, kills it with SIGKILL after `after` questions, and returns the questions it asked. */
function killedAfter(after: number, data: string, dir: string): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), WORKER, data, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const asked: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    asked.push(line);
    if (asked.length === after) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(asked));
  });
}

describe('kill -9', () => {
  it('loses at most the pending answer, both greedy and sampled', { timeout: 180_000 }, async () => {
    const data = join(root, 'numbers.jsonl');
    const rows = Array.from({ length: QUESTIONS }, (_, at) => `{"q":"Say ${at}.","a":"${at}"}`);
    writeFileSync(data, rows.join('\n'));
    const task = await loadTask(ownFileTask(data, COLUMNS));
    const grader = evaluationGrader();
    const finish = async (dir: string): Promise<{ asked: number; table: unknown }> => {
      let asked = 0;
      const generator = scriptedGenerator({ reply: replyTo, onRequest: () => void asked++ });
      const log = openLog(dir, ABOUT);
      await evaluateTask({ generator, grader, log }, task, DIALS);
      const table = summarize(log).tasks.map((one) => ({ ...one, seconds: 0 }));
      log.close();
      return { asked, table };
    };
    const whole = await finish(join(root, 'whole'));
    expect(whole.asked).toBe(2 * QUESTIONS);

    const dir = join(root, 'killed');
    const first = await killedAfter(20, data, dir);
    const second = await killedAfter(QUESTIONS, data, dir);
    const rest = await finish(dir);
    await grader.close();

    // Each kill may lose the pending answer.
    const again = first.length + second.length + rest.asked - 2 * QUESTIONS;
    expect(first.length).toBeGreaterThanOrEqual(20);
    expect(rest.asked).toBeLessThan(2 * QUESTIONS - 70);
    expect(again).toBeGreaterThanOrEqual(0);
    expect(again).toBeLessThanOrEqual(2);
    expect(rest.table).toEqual(whole.table);
  });
});
