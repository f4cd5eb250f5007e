import type { Generator } from './generator.ts';

/** A generator that opens its model when it is first asked: an evaluation that has all its replies needs none. */
export function lazyGenerator(name: string, open: () => Promise<Generator>): Generator {
  let opened: Promise<Generator> | null = null;
  let known: Generator | null = null;
  return {
    name,
    async generate(requests, ctl) {
      opened ??= open();
      known = await opened;
      return known.generate(requests, ctl);
    },
    notes: () => known?.notes?.() ?? [],
    async close() {
      await known?.close();
    },
  };
}
