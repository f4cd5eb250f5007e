/** The run in which an error occurred, noted apart from the error so that its class and message stay as they are. */

export interface RunPlace {
  id: string;
  /** Absolute folder. */
  dir: string;
}

const places = new WeakMap<Error, RunPlace>();

/** Notes the run in which an error occurred. An error that already has one keeps it. */
export function nameRun(error: Error, place: RunPlace): void {
  if (!places.has(error)) places.set(error, place);
}

/** Returns the run in which an error occurred; null if it occurred outside a run. */
export function runOf(error: unknown): RunPlace | null {
  return error instanceof Error ? (places.get(error) ?? null) : null;
}
