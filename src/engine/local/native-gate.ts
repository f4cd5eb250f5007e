/**
 * Keeps the process from ending while a thread of the engine is inside ONNX Runtime. Node ends all threads when the
 * process exits. The binding of ONNX Runtime aborts the process (SIGABRT) if its thread ends during a call, so the exit
 * waits for the calls of all threads, and they start no other one.
 */

import { constants } from 'node:os';

const EXITING = 0;
const CALLS = 1;

/** Memory that all threads share: whether the process exits, and the number of running calls. */
export type NativeGate = Int32Array<SharedArrayBuffer>;

/** Longest wait for a call, in milliseconds, if a signal ends the process. Default models need far below a second. */
const SIGNAL_WAIT_MS = 5000;

export function createGate(): NativeGate {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** Runs one call of a thread. If the process exits, the thread waits here for its end instead. */
export async function passGate<T>(gate: NativeGate | null, call: () => Promise<T>): Promise<T> {
  if (gate === null) return call();
  // This thread and the exiting one write before they read, so at least one of them sees the other.
  Atomics.add(gate, CALLS, 1);
  if (Atomics.load(gate, EXITING) === 1) {
    endCall(gate);
    Atomics.wait(gate, EXITING, 1);
  }
  try {
    return await call();
  } finally {
    endCall(gate);
  }
}

/**
 * Lets no further call begin, and blocks this thread until the running ones have ended. Returns false if they have
 * not ended within `limitMs`.
 */
export function closeGate(gate: NativeGate, limitMs = Infinity): boolean {
  Atomics.store(gate, EXITING, 1);
  const until = performance.now() + limitMs;
  for (let calls = Atomics.load(gate, CALLS); calls > 0; calls = Atomics.load(gate, CALLS)) {
    const left = until - performance.now();
    if (left <= 0) return false;
    Atomics.wait(gate, CALLS, calls, left);
  }
  return true;
}

/**
 * Makes the process wait for the gate before it exits; returns a function that undoes this. If a signal ends the process
 * (exit code 128 + its number) and the call takes long, the signal's default action ends the process instead: shells
 * report the same code.
 */
export function closeGateAtExit(gate: NativeGate, signalWaitMs = SIGNAL_WAIT_MS): () => void {
  const onExit = (code: number): void => {
    const signal = signalOf(code);
    if (closeGate(gate, signal === null ? Infinity : signalWaitMs) || signal === null) return;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
  process.on('exit', onExit);
  return () => void process.off('exit', onExit);
}

function endCall(gate: NativeGate): void {
  Atomics.sub(gate, CALLS, 1);
  Atomics.notify(gate, CALLS);
}

/** Returns the signal that an exit code stands for, if its default action ends a process; otherwise null. */
function signalOf(code: number): NodeJS.Signals | null {
  const endings: NodeJS.Signals[] = [
    'SIGHUP',
    'SIGINT',
    'SIGQUIT',
    'SIGUSR1',
    'SIGUSR2',
    'SIGPIPE',
    'SIGTERM',
    'SIGXCPU',
  ];
  return endings.find((name) => constants.signals[name] === code - 128) ?? null;
}
