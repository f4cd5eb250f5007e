/**
 * Starts worker threads, from TypeScript sources or from compiled JavaScript.
 *
 * Call `spawnWorker(new URL('./some-worker.ts', import.meta.url))`, always with `.ts`. The compiler does not change
 * string literals, so inside `dist` this module replaces `.ts` by `.js`. Pools and protocols are up to the callers
 * (`answers/workers/worker-pool.ts`, the local engine).
 */
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

const compiled = import.meta.url.endsWith('.js');

/**
 * Starts a worker that runs the module at `url`. `options` are Node's. Messages that are posted immediately are queued
 * until the module listens on `parentPort`.
 */
export function spawnWorker(url: URL, options: WorkerOptions = {}): Worker {
  const target = workerUrl(url, compiled);
  // The worker must not inherit the parent's flags (loaders of a test runner, --input-type).
  const own: WorkerOptions = { ...options, execArgv: options.execArgv ?? [] };
  if (!target.pathname.endsWith('.ts')) return new Worker(target, own);
  // On Node 20, `--import tsx` has no effect inside a worker, so the worker registers the loader itself.
  const loader = import.meta.resolve('tsx/esm/api');
  const start = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(target.href)}); });`;
  return new Worker(start, { ...own, eval: true });
}

/**
 * Returns the path of a module and the options of Node that run it as a process of its own. `url` ends in `.ts`, as for
 * `spawnWorker`.
 */
export function moduleArguments(url: URL): { path: string; execArgv: string[] } {
  const target = workerUrl(url, compiled);
  const execArgv = target.pathname.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  return { path: fileURLToPath(target), execArgv };
}

/** Returns the module that `spawnWorker` loads: `x.ts` becomes `x.js` if `compiled`. */
export function workerUrl(url: URL, compiled: boolean): URL {
  if (!compiled || !url.pathname.endsWith('.ts')) return url;
  const target = new URL(url);
  target.pathname = target.pathname.replace(/\.ts$/, '.js');
  return target;
}
