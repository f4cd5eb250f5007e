/** The three sources of the page on one real run: each passes the same suite, and gives the same answers. */

import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { collectRun, EMBED_LIMITS } from '../../src/view/embedded/collect.ts';
import { openFolder } from '../../src/view/folder-source.ts';
import { describeSource, type OpenedSource } from '../../src/view/source.contract.ts';
import type { ViewSource } from '../../src/view/source.ts';
import { openEmbeddedRun } from '../../web/src/source/embedded-run.ts';
import { openHttpSource } from '../../web/src/source/http.ts';
import { realRuns, servePage } from './open.ts';

async function realFolder(): Promise<{ folder: string; run: string }> {
  const folder = await realRuns();
  const [run] = readdirSync(folder);
  return { folder, run };
}

const opened = {
  folder: async (): Promise<OpenedSource> => {
    const { folder, run } = await realFolder();
    return { source: openFolder(folder), run, close: async () => undefined };
  },
  server: async (): Promise<OpenedSource> => {
    const { folder, run } = await realFolder();
    const served = await servePage(folder);
    return { source: openHttpSource(`${served.url}/`), run, close: () => served.close() };
  },
  file: async (): Promise<OpenedSource> => {
    const { folder, run } = await realFolder();
    const data = await collectRun(openFolder(folder), run);
    // As it is written to the file.
    return { source: openEmbeddedRun(JSON.parse(JSON.stringify(data))), run, close: async () => undefined };
  },
};

for (const [name, open] of Object.entries(opened)) describeSource(name, open);

it('give the same answers', async () => {
  const all = await Promise.all(Object.values(opened).map((open) => open()));
  const answers = async ({ source, run }: OpenedSource): Promise<unknown> => {
    const [row] = (await source.questions(run, { verdict: 'kept', limit: 1 })).rows;
    return JSON.parse(
      JSON.stringify({
        cards: await source.runs(),
        view: await source.run(run),
        names: await source.curves(run),
        series: await source.series(run, ['solver/reward', 'none']),
        questions: await source.questions(run, { sort: 'length', descending: true, offset: 2, limit: 30 }),
        question: await source.question(run, row.id),
        pools: await source.pools(run),
        heldOut: await source.heldOut(run),
        evaluations: await source.evaluations(run),
      }),
    );
  };
  const [folder, server, file] = await Promise.all(all.map(answers));
  expect(server).toEqual(folder);
  expect(file).toEqual(folder);
  await Promise.all(all.map(({ close }) => close()));
});

it('a file says what did not fit in it', async () => {
  const { folder, run } = await realFolder();
  const source: ViewSource = openFolder(folder);
  expect((await collectRun(source, run)).server.leftOut).toBeUndefined();
  const limits = { ...EMBED_LIMITS, rows: 30, details: 3, points: 100 };
  const data = await collectRun(source, run, limits);
  const { total } = await source.questions(run, { limit: 1 });
  expect(data.server.leftOut).toEqual([
    `${total - 30} of ${total} questions`,
    expect.stringMatching(/^all but one in \d+ values of the curves$/),
    'the attempts at 27 of 30 questions',
  ]);
  expect(data.questions.rows).toHaveLength(30);
  expect(data.details).toHaveLength(3);
  const file = openEmbeddedRun(data);
  const without = data.questions.rows.find(({ id }) => !data.details.some((detail) => detail.id === id));
  await expect(file.question(run, without?.id ?? '')).rejects.toThrow(/did not fit in this file/);
});
