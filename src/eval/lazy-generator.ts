import type { Generator } from '../engine/generator.ts';

/** A generator that opens its model when it is first asked: an evaluation that has all its replies needs none. */
export function lazyGenerator(name: string, open: () => Promise<Generator>): Generator {
  let opened: Promise<Generator> | null = null;
  return {
    name,
    async generate(requests, ctl) {
      opened ??= open();
      return (await opened).generate(requests, ctl);
    },
    async close() {
      if (opened !== null) await (await opened).close();
    },
  };
}
