/**
 * Measures what readers of the page cost a run: the share of its time outside the engine, without the page, with the
 * page and no reader, and with ten readers. Half of the readers follow the events and load the views again at each of
 * them, as the page does; the others never read. The variants of a round run one after the other, in an order that turns
 * from round to round. Run it on an idle machine.
 *
 *     npm run bench:page
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { RunEvent, RunSummary } from '../src/events.ts';
import { ROOT } from '../test/fixtures/program.ts';
import { atMost, checkLines } from './lib/checks.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    iterations: { type: 'string', default: '2' },
    scale: { type: 'string', default: 'tiny' },
  },
});

const READERS = 10;
const VARIANTS = ['none', 'page', 'readers'] as const;
type Variant = (typeof VARIANTS)[number];

interface Measured {
  variant: Variant;
  seconds: number;
  engineSeconds: number;
  /** Share of the run's time outside the engine. */
  outside: number;
  /** Views that the readers have loaded. */
  loaded: number;
  /** Load of the machine over the last minute, before and after. */
  load: [before: number, after: number];
}

const root = mkdtempSync(join(tmpdir(), 'rzero-page-bench-'));

async function measure(variant: Variant, folder: string): Promise<Measured> {
  const before = loadavg()[0];
  const parameters = ['--scale', options.scale, '--iterations', options.iterations, '--runs-dir', folder, '--json'];
  const page = variant === 'none' ? '--no-page' : '--page';
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'evolve', ...parameters, page], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = new AbortController();
  let loaded = 0;
  const sockets: Socket[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    const url = /page at (http:\/\/[\d.]+:\d+)/.exec(line)?.[1];
    if (url === undefined || variant !== 'readers') return;
    const [run] = readdirSync(folder);
    for (let at = 0; at < READERS / 2; at++) {
      void follow(`${url}/api/runs/${run}`, stop.signal, () => loaded++);
      sockets.push(neverRead(url, `/api/runs/${run}/events`));
    }
  });
  let summary: RunSummary | null = null;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as RunEvent;
    if (event.type === 'run-end') ({ summary } = event);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  stop.abort();
  for (const socket of sockets) socket.destroy();
  const end = summary as RunSummary | null;
  if (code !== 0 || end === null) throw new Error(`The run ended with code ${String(code)}.`);
  const { seconds, engineSeconds } = end;
  return {
    variant,
    seconds,
    engineSeconds,
    outside: 1 - engineSeconds / seconds,
    loaded,
    load: [before, loadavg()[0]],
  };
}

/** Follows a run as the page does: at news, at most twice a second, it loads the run and a page of questions again. */
async function follow(url: string, signal: AbortSignal, onLoad: () => void): Promise<void> {
  let last = 0;
  try {
    const { body } = await fetch(`${url}/events`, { signal });
    for await (const _ of body ?? []) {
      if (performance.now() - last < 500) continue;
      last = performance.now();
      for (const view of ['', '/questions']) await (await fetch(`${url}${view}`, { signal })).arrayBuffer();
      onLoad();
    }
  } catch {
    // The run has ended, and its page with it.
  }
}

function neverRead(url: string, path: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  return socket;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const runs: Measured[] = [];
for (let round = 0; round < Number(options.rounds); round++) {
  const order = VARIANTS.map((_, at) => VARIANTS[(at + round) % VARIANTS.length]);
  for (const variant of order) {
    const measured = await measure(variant, join(root, `${round}-${variant}`));
    runs.push(measured);
    process.stdout.write(`${JSON.stringify(measured)}\n`);
  }
}
rmSync(root, { recursive: true, force: true });

const outside = (variant: Variant): number =>
  mean(runs.filter((run) => run.variant === variant).map((run) => run.outside));
const points = {
  page: 100 * (outside('page') - outside('none')),
  readers: 100 * (outside('readers') - outside('none')),
};
const checks = [atMost('ten readers: points of time outside the engine', points.readers, 2)];
const path = writeResult('page', { ...provenance(commandOf('bench:page')), points, checks, runs });
process.stdout.write(`${[...checkLines(checks), `written to ${path}`].join('\n')}\n`);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
