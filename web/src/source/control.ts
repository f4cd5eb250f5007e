/** Changes runs, if the server allows it (`ServerInfo.control`). Every function rejects with the server's reason. */

/** Asks the process of a run to stop after its current step. */
export function stopRun(run: string): Promise<unknown> {
  return change(`runs/${encodeURIComponent(run)}/stop`);
}

/** Continues a run. Resolves with the file of its output. */
export function resumeRun(run: string): Promise<{ log: string }> {
  return change(`runs/${encodeURIComponent(run)}/resume`);
}

/** Deletes weights that a finished run no longer needs. Resolves with the freed bytes. */
export function pruneRun(run: string): Promise<{ freed: number }> {
  return change(`runs/${encodeURIComponent(run)}/prune`);
}

/** Deletes a run and all its files. Resolves with the freed bytes. */
export function deleteRun(run: string): Promise<{ freed: number }> {
  return change(`runs/${encodeURIComponent(run)}/delete`, { delete: run });
}

/** What a run can be started with here. */
export interface NewRun {
  scale: 'tiny' | 'small';
  iterations: number;
  seed: number;
}

/** Starts a run of the base model that comes with rzero. Resolves with the file of its output. */
export function startRun(settings: NewRun): Promise<{ log: string }> {
  return change('runs', settings);
}

async function change<T>(path: string, body: object = {}): Promise<T> {
  const response = await fetch(`api/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Rzero-Control': '1' },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as T;
  const detail = typeof answer === 'object' && answer !== null && 'detail' in answer ? String(answer.detail) : null;
  throw new Error(detail ?? `The server answered with status ${response.status}.`);
}
