/** The audit by other wordings, in whole runs on the scripted engine. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { recordingEngine } from '../../../test/fixtures/recording-engine.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { auc } from '../../eval/auc.ts';
import { wilson } from '../../eval/statistics.ts';
import type { ConfigInput } from '../../config/schema.ts';
import { arithmetic } from '../../domains/arithmetic/domain.ts';
import type { Domain } from '../../domains/domain.ts';
import { deriveSeed, Random } from '../../random.ts';
import type { RunStore } from '../../store/store.ts';
import { evolve, resume } from '../evolve.ts';
import { Killed, killedAt, memoryRun, remains, shortConfig } from '../loop.contract.ts';
import { type AuditedByViews, PLANTED_VIEWS, VIEWS_AUDIT } from '../partials.ts';

let root: string;
let base: string;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-views-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const newStore = (over: ConfigInput): RunStore => memoryRun(join(root, `run-${++runs}`), shortConfig(base, over));

async function runWith(over: ConfigInput, domain?: Domain): Promise<RunStore> {
  const store = newStore(over);
  await evolve({ config: shortConfig(base, over), store, domain }).result;
  return store;
}

const auditOf = (store: RunStore, iteration: number, kind = VIEWS_AUDIT): AuditedByViews[] =>
  store.partials(kind, iteration).flatMap(({ value }) => value);
const metricsOf = (store: RunStore, iteration: number, prefix: string): Record<string, number> =>
  Object.fromEntries(
    store
      .metrics({ iteration, stage: 'filter' })
      .flatMap(({ name, value }) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  );

const OVER = { audit: { views: 8 }, votes: { count: 5, chunk: 6, maxTokens: 6 } } satisfies ConfigInput;

it('asks a seeded sample of the kept questions in other wordings, with the votes of a pool question', async () => {
  const store = newStore(OVER);
  const { engine, calls } = recordingEngine(await createScriptedEngine(), () => store.cursor());
  await evolve({ config: shortConfig(base, OVER), store, engine }).result;
  await engine.close();
  for (const iteration of [1, 2]) {
    const kept = store.labels(iteration).filter(({ dropped }) => dropped === null);
    const drawn = new Random(deriveSeed(store.meta().config.seed, iteration, 'views', 'kept')).shuffle(kept);
    const audited = auditOf(store, iteration);
    expect(audited.map(({ id }) => id)).toEqual(drawn.slice(0, 8).map(({ question }) => question.id));
    for (const [at, { label, wordings, tally, confirmed }] of audited.entries()) {
      const { text } = drawn[at].question;
      expect(wordings.map((one) => one.text)).toEqual(
        arithmetic
          .views(text, 5, deriveSeed(store.meta().config.seed, 'views', drawn[at].question.id))
          .map((one) => one.text),
      );
      const votes = wordings.flatMap((one) => one.votes);
      expect(votes).toHaveLength(wordings.length === 0 ? 0 : 5);
      expect(tally.attempts).toBe(votes.length);
      expect(confirmed).toBe(wordings.length === 0 ? null : tally.label === label);
      for (const one of wordings) expect(one.forLabel).toBe(one.votes.filter((vote) => vote === label).length);
    }
    const asked = calls.flatMap((call) =>
      call.verb === 'sample' && call.at.iteration === iteration && call.at.stage === 'filter' ? call.requests : [],
    );
    const seeds = audited.flatMap(({ id, wordings }) =>
      wordings.map((_, at) => deriveSeed(store.meta().config.seed, 'view-vote', id, at)),
    );
    expect(asked.map(({ seed }) => seed)).toEqual(seeds);
    expect(seeds.length).toBeGreaterThan(8);
  }
});

it('reports how many labels the wordings confirm, and how well they tell right labels from wrong ones', async () => {
  // The scripted Solver answers 7 or 3 most often.
  const truth = (question: string): string => (question.includes('3') ? '3' : '7');
  const store = await runWith(
    { ...OVER, audit: { views: 40 } },
    { ...arithmetic, name: 'guessed', version: '1', truth },
  );
  const audited = auditOf(store, 1);
  const viewed = audited.filter(({ confirmed }) => confirmed !== null);
  const confirmed = viewed.filter((one) => one.confirmed);
  const { value, low, high } = wilson(confirmed.length, viewed.length);
  const labels = new Map(store.labels(1).map((one) => [one.question.id, one]));
  const items = viewed.flatMap(({ id, wordings }) => {
    const isTrue = labels.get(id)?.labelCorrect ?? null;
    const votes = wordings.flatMap((one) => one.votes.map((vote) => Number(vote === labels.get(id)?.tally.label)));
    return isTrue === null ? [] : [{ score: votes.reduce((sum, one) => sum + one, 0) / votes.length, isTrue }];
  });
  const area = auc(items);
  expect(area).not.toBeNull();
  const metrics = metricsOf(store, 1, 'audit/views/');
  expect(metrics).toMatchObject({
    questions: audited.length,
    without_views: audited.length - viewed.length,
    confirmed: value,
    confirmed_low: low,
    confirmed_high: high,
    auc: area,
  });
  expect(Object.keys(metrics)).toContain('support/order');
  expect(store.summary()?.iterations[1].audit).toEqual({
    planted: null,
    judge: null,
    views: { value, low, high, of: viewed.length },
  });
});

it('changes nothing in the run, and leaves no trace when it is off', async () => {
  const [audited, plain] = [await runWith(OVER), await runWith({ ...OVER, audit: {} })];
  const { partials, evaluations, rollouts, files, labels } = remains(audited);
  expect({ partials, evaluations, rollouts, files, labels }).toEqual({
    partials: remains(plain).partials,
    evaluations: remains(plain).evaluations,
    rollouts: remains(plain).rollouts,
    files: remains(plain).files,
    labels: remains(plain).labels,
  });
  expect(plain.metrics().filter(({ name }) => name.includes('views'))).toEqual([]);
  expect(auditOf(plain, 1)).toEqual([]);
});

it('asks the planted questions again where there is no oracle', async () => {
  const { truth: _, ...blind } = arithmetic;
  const domain: Domain = { ...blind, name: 'blind', version: '1' };
  const store = await runWith({ ...OVER, audit: { views: 6, planted: 12 } }, domain);
  const first = auditOf(store, 1, PLANTED_VIEWS);
  expect(first).toHaveLength(6);
  expect(first.every(({ correct }) => correct !== null)).toBe(true);
  expect(metricsOf(store, 1, 'audit/planted/views/').questions).toBe(6);
  expect(metricsOf(store, 1, 'audit/views/').auc).toBeUndefined();
  const second = new Map(auditOf(store, 2, PLANTED_VIEWS).map((one) => [one.id, one]));
  const both = first.filter(({ id }) => second.has(id));
  expect(both.length).toBeGreaterThan(0);
  const texts = (one: AuditedByViews | undefined): string[] => one?.wordings.map(({ text }) => text) ?? [];
  for (const one of both) expect(texts(second.get(one.id))).toEqual(texts(one));
});

it('maps answers back, and counts a question without views', async () => {
  const negated: Domain = {
    ...arithmetic,
    name: 'negated',
    version: '1',
    views: (question) =>
      question.length % 2 === 0 ? [] : [{ kind: 'same', text: `${question} `, back: (answer) => `-${answer}` }],
  };
  const store = await runWith({ ...OVER, iterations: 1 }, negated);
  const audited = auditOf(store, 1);
  const viewed = audited.filter(({ wordings }) => wordings.length > 0);
  expect(viewed.length).toBeGreaterThan(0);
  expect(audited.length).toBeGreaterThan(viewed.length);
  const votes = viewed.flatMap(({ wordings }) => wordings.flatMap((one) => one.votes)).filter((vote) => vote !== null);
  expect(votes.every((vote) => vote.startsWith('-'))).toBe(true);
  expect(metricsOf(store, 1, 'audit/views/')).toMatchObject({
    questions: audited.length,
    without_views: audited.length - viewed.length,
  });
});

it('ends like an uninterrupted run after a crash at every commit', async () => {
  const over = { ...OVER, iterations: 1 };
  const uninterrupted = await runWith(over);
  const store = newStore(over);
  for (let deaths = 0; ; deaths++) {
    try {
      await resume(store.dir, { store: killedAt(store, 1, 'before') }).result;
      break;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      expect(deaths).toBeLessThan(200);
    }
  }
  expect(remains(store)).toEqual(remains(uninterrupted));
  expect(auditOf(store, 1)).toEqual(auditOf(uninterrupted, 1));
  expect(auditOf(store, 1).length).toBeGreaterThan(6);
});
