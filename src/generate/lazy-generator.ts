import type { Generator } from './generator.ts';

/**
 * Creates a generator that opens its model on the first call: an evaluation with all replies logged does not need it.
 */
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
