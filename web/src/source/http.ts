/** Asks a server for the data of the page. `src/serve/page/` answers. */

import type { ViewSource } from '../../../src/view/source.ts';

/** Opens the source of a page that a server has sent. `base`: the address of the page; default: its own. */
export function openHttpSource(base = ''): ViewSource {
  const ask = <T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> => askAt(base, path, query);
  return {
    server: () => ask('server'),
    runs: () => ask('runs'),
    run: (id) => ask(`runs/${encodeURIComponent(id)}`),
    curves: (id) => ask(`runs/${encodeURIComponent(id)}/curves`),
    series: (id, names) => ask(`runs/${encodeURIComponent(id)}/series`, { names: names.join(',') }),
    questions: (id, query) => ask(`runs/${encodeURIComponent(id)}/questions`, { query: JSON.stringify(query) }),
    question: (id, question) => ask(`runs/${encodeURIComponent(id)}/questions/${encodeURIComponent(question)}`),
    pools: (id) => ask(`runs/${encodeURIComponent(id)}/pools`),
    heldOut: (id) => ask(`runs/${encodeURIComponent(id)}/held-out`),
    evaluations: (id) => ask(`runs/${encodeURIComponent(id)}/evaluations`),
    evaluation: (id, name) => ask(`runs/${encodeURIComponent(id)}/evaluations/${encodeURIComponent(name)}`),
  };
}

async function askAt<T>(base: string, path: string, query: Readonly<Record<string, string>>): Promise<T> {
  const search = new URLSearchParams(query).toString();
  let response: Response;
  try {
    response = await fetch(`${base}api/${path}${search === '' ? '' : `?${search}`}`, {
      headers: { Accept: 'application/json' },
    });
  } catch (cause) {
    throw new Error('The server does not answer. Is `rzero serve` still running?', { cause });
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new Error(detailOf(body) ?? `The server answered with status ${response.status}.`);
  return body as T;
}

/** The reason in a refusal of the server. */
function detailOf(body: unknown): string | null {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : null;
  return typeof detail === 'string' ? detail : null;
}
