/**
 * Starts worker threads from compiled JavaScript and from TypeScript sources alike.
 *
 * Not a pool and not a protocol: each user keeps its own (`answers/worker-pool.ts`, the local engine).
 * Write `spawnWorker(new URL('./some-worker.ts', import.meta.url))` and nothing else: the compiler
 * leaves string literals alone, so inside `dist` the `.ts` is turned into `.js` here.
 */
import { Worker, type WorkerOptions } from 'node:worker_threads';

const compiled = import.meta.url.endsWith('.js');

/**
 * A worker that runs the module at `url`. `options` are Node's own.
 * Messages posted at once are kept until the module listens on `parentPort`.
 */
export function spawnWorker(url: URL, options: WorkerOptions = {}): Worker {
  const target = workerUrl(url, compiled);
  // The parent's flags (a test runner's loaders, --input-type) must not leak into the worker.
  const own: WorkerOptions = { ...options, execArgv: options.execArgv ?? [] };
  if (!target.pathname.endsWith('.ts')) return new Worker(target, own);
  // On Node 20 `--import tsx` has no effect inside a worker: the loader must be registered from within.
  const loader = import.meta.resolve('tsx/esm/api');
  const start = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(target.href)}); });`;
  return new Worker(start, { ...own, eval: true });
}

/** The module that `spawnWorker` loads: `x.ts` becomes `x.js` when `compiled`, else it stays. */
export function workerUrl(url: URL, compiled: boolean): URL {
  if (!compiled || !url.pathname.endsWith('.ts')) return url;
  const target = new URL(url);
  target.pathname = target.pathname.replace(/\.ts$/, '.js');
  return target;
}
