/**
 * Errors that nothing catches, such as a rejected promise that the user's code does not await. The running command gets
 * the chance to end in order; without one, or at a second such error, the process ends at once.
 */

type Handle = (error: Error) => void;

const handlers: Handle[] = [];

/** Passes uncaught errors to the newest handler; `fail` reports the others and ends the process. */
export function listenForUncaught(fail: (error: Error) => never): void {
  let failed = false;
  process.on('uncaughtException', (error) => {
    const handle = handlers.at(-1);
    if (failed || handle === undefined) fail(error);
    failed = true;
    handle(error);
  });
}

/** Calls `handle` at the first uncaught error, until it is disposed of. */
export function onUncaught(handle: Handle): { dispose(): void } {
  handlers.push(handle);
  return { dispose: () => void handlers.splice(handlers.indexOf(handle), 1) };
}
