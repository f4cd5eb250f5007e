/** Asks the server: which models there are, and a question with a streamed answer. `src/serve/talk/` answers. */

import type { TalkEvent, TalkModel, TalkRequest } from '../../../../src/view/talk/types.ts';

/** Lists the models that can be asked. Rejects with the reason of the server. */
export async function talkModels(): Promise<TalkModel[]> {
  const response = await fetch('api/talk/models', { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(await reasonOf(response));
  return (await response.json()) as TalkModel[];
}

/** Sends a request, and calls `take` with every event of the answer. Aborting the signal ends the work of the server. */
export async function ask(request: TalkRequest, signal: AbortSignal, take: (event: TalkEvent) => void): Promise<void> {
  const response = await fetch('api/talk', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
    signal,
  });
  if (!response.ok || response.body === null) throw new Error(await reasonOf(response));
  let isDone = false;
  for await (const data of eventsOf(response.body)) {
    if (data === '[DONE]') continue;
    const event = JSON.parse(data) as TalkEvent;
    if (event.kind === 'done') isDone = true;
    take(event);
  }
  if (!isDone) throw new Error('The server ended before the answers were complete.');
}

async function reasonOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : null;
  return typeof detail === 'string' ? detail : `The server answered with status ${response.status}.`;
}

/** Yields the data of server-sent events. Every event of this server is one line. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
