/** The page next to a run that `evolve`, `resume` or `finetune` works on. */

import type { StampedEvent } from '../../events.ts';
import type { PageThread } from '../../serve/beside/page-thread.ts';

export interface PageFlags {
  /** Default: yes, unless the output is for programs (`--json`) or short (`--quiet`). */
  page?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** Milliseconds that the lines of the run wait for the address, so that it stands near the top. */
const ADDRESS_MS = 5000;

/** Serves the page from the first event of a run on. */
export class PageBeside {
  readonly #isWanted: boolean;
  readonly #say: (line: string) => void;
  #thread: PageThread | null = null;

  /** `say` prints a line of the program. */
  constructor({ page, json = false, quiet = false }: PageFlags, say: (line: string) => void) {
    this.#isWanted = page ?? !(json || quiet);
    this.#say = say;
  }

  /** Call it for every event. Resolves when the address has been printed. */
  async handle(event: StampedEvent): Promise<void> {
    if (!this.#isWanted) return;
    this.#thread?.pass(event);
    if (event.type !== 'run-start' || this.#thread !== null) return;
    const { openPageThread } = await import('../../serve/beside/page-thread.ts');
    this.#thread = openPageThread(event.runDir, (why) =>
      this.#say(`! The page is not served: ${why.split('\n')[0]} The run goes on. \`rzero serve\` shows it.`),
    );
    const url = await within(this.#thread.url, ADDRESS_MS);
    if (url !== null) this.#say(`  page at ${url}/#/${encodeURIComponent(event.runId)}`);
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }
}

async function within(url: Promise<string | null>, ms: number): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([url, late]);
  } finally {
    clearTimeout(timer);
  }
}
