/**
 * The thread of the sandbox: one call of a program per message, its verdict as the reply. It holds one QuickJS module
 * and replaces it when a program broke it. `sandbox.ts` starts and ends the thread.
 */

import { parentPort } from 'node:worker_threads';
import packaged from '@jitl/quickjs-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSWASMModule } from 'quickjs-emscripten-core';
import { runTwice } from './run-program.ts';
import type { ProgramCall, Verdict } from './verdict.ts';

// The package declares its default export as that of a CommonJS module, which it is not when it is imported.
const variant = 'default' in packaged ? packaged.default : packaged;
/** A broken module prints why; its verdict says enough. The library passes all members on and declares only some. */
const quiet: { print(): void; printErr(): void; locateFile?: undefined } = { print() {}, printErr() {} };

function loadModule(): Promise<QuickJSWASMModule> {
  return newQuickJSWASMModuleFromVariant(newVariant(variant, { emscriptenModule: quiet }));
}

let quickjs = await loadModule();

async function verdictOn(call: ProgramCall): Promise<Verdict> {
  try {
    return runTwice(quickjs, call);
  } catch {
    quickjs = await loadModule();
    return { kind: 'stopped', why: 'broken' };
  }
}

parentPort?.on('message', (call: ProgramCall) => {
  void verdictOn(call).then((verdict) => parentPort?.postMessage(verdict));
});
parentPort?.postMessage('ready');
