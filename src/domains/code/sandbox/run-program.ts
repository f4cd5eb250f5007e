/** Runs a program in a fresh QuickJS interpreter. Nothing of the host can be reached from it. */

import { type QuickJSContext, type QuickJSWASMModule, Scope } from 'quickjs-emscripten-core';
import { serializerScript } from './serializer.ts';
import { LIMITS, type ProgramCall, type Verdict } from './verdict.ts';

/**
 * What a program can use. There is no clock: `Date` is left out. The rest of JavaScript is there, without modules and
 * without any function of the host.
 */
const INTRINSICS = {
  BaseObjects: true,
  Eval: true,
  StringNormalize: true,
  RegExpCompiler: true,
  RegExp: true,
  JSON: true,
  Proxy: true,
  MapSet: true,
  TypedArrays: true,
  Promise: true,
  BigInt: true,
} as const;

/** Starts of `Math.random` in the two runs: a program whose value depends on it is unstable. */
const SEEDS = [1, 0x9e3779b9] as const;

/**
 * Makes a call twice, each time in a new interpreter.
 * @throws an error of WebAssembly if the interpreter broke; the module must then be replaced
 */
export function runTwice(quickjs: QuickJSWASMModule, call: ProgramCall): Verdict {
  const first = runOnce(quickjs, call, SEEDS[0]);
  if (first.kind !== 'value') return first;
  const second = runOnce(quickjs, call, SEEDS[1]);
  return second.kind === 'value' && second.value === first.value ? first : { kind: 'unstable' };
}

function runOnce(quickjs: QuickJSWASMModule, call: ProgramCall, seed: number): Verdict {
  const runtime = quickjs.newRuntime({ memoryLimitBytes: LIMITS.memory, maxStackSizeBytes: LIMITS.stack });
  let interrupts = 0;
  runtime.setInterruptHandler(() => ++interrupts > LIMITS.interrupts);
  const context = runtime.newContext({ intrinsics: INTRINSICS });
  const verdict = callFunction(context, call, seed);
  context.dispose();
  runtime.dispose();
  // A program cannot catch an interrupt, but it may end by it in any of the steps.
  return interrupts > LIMITS.interrupts ? { kind: 'stopped', why: 'steps' } : verdict;
}

function callFunction(context: QuickJSContext, { program, input }: ProgramCall, seed: number): Verdict {
  return Scope.withScope((scope) => {
    const write = scope.manage(context.evalCode(serializerScript(seed, LIMITS.data), 'serializer.js').unwrap());
    const loaded = context.evalCode(program, 'program.js', { type: 'global', strict: true });
    scope.manage(loaded.error ?? loaded.value);
    if (loaded.error !== undefined) return { kind: 'no-function' };
    const found = context.evalCode('f', 'find.js');
    const f = scope.manage(found.error ?? found.value);
    if (found.error !== undefined || context.typeof(f) !== 'function') return { kind: 'no-function' };
    const called = context.evalCode(`f(${input})`, 'call.js');
    const result = scope.manage(called.error ?? called.value);
    if (called.error !== undefined) return { kind: 'throws' };
    const written = context.callFunction(write, context.undefined, result);
    const text = scope.manage(written.error ?? written.value);
    if (written.error !== undefined) return { kind: 'throws' };
    const value = context.getString(text);
    return value === '' ? { kind: 'no-data' } : { kind: 'value', value };
  });
}
