import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeReport } from '../../../test/fixtures/eval-report.ts';
import type { IterationSummary } from '../../events.ts';
import { modelCard } from './card.ts';
import type { ModelFacts, RunFacts } from './facts.ts';
import { publicConfig, publicSettings } from './public-config.ts';

const report = makeReport();

const scores = (value: number) => ({ value, low: value - 0.1, high: value + 0.1 });

function iteration(number: number, right: number): IterationSummary {
  const perQuestion = Array.from({ length: 40 }, (_, at) => (at < right ? 1 : 0));
  return {
    iteration: number,
    evaluation: {
      iteration: number,
      task: 'arithmetic',
      questions: 40,
      samples: 8,
      mean: scores(right / 40),
      majority: scores(0.5),
      greedy: scores(0.6),
      forced: null,
      worked: null,
      meanTokens: 10,
      truncated: 0,
      perQuestion,
      perQuestionForced: null,
    },
    kept: number === 0 ? null : 100,
    agreement: null,
    labels: number === 0 ? null : { labels: 100, right: 72, illPosed: 10 },
    labelAccuracy: null,
    difficulty: null,
  };
}

const run: RunFacts = {
  id: '2026-11-30-base-01',
  created: '2026-11-30T10:00:00.000Z',
  version: '0.1.0',
  domain: 'arithmetic',
  isCustomDomain: false,
  seed: 3,
  scale: 'small',
  engine: 'local',
  adapter: null,
  changed: ['solver.steps = 20'],
  supervised: false,
  iterations: [iteration(0, 10), iteration(1, 30)],
  isBest: true,
};

const facts: ModelFacts = {
  title: run.id,
  name: run.id,
  kind: 'model',
  dtype: 'bfloat16',
  parameters: 811_392,
  iteration: 1,
  base: {
    name: 'me/base',
    hub: 'me/base',
    license: 'apache-2.0',
    weights: [{ file: 'model.safetensors', sha256: 'ab12' }],
  },
  run,
  reports: [],
  exporter: '0.1.0',
};

const matterOf = (card: string): Record<string, unknown> => parse(card.split('---\n')[1]) as Record<string, unknown>;

describe('the card of a model', () => {
  it('has front matter that the hub reads', () => {
    expect(matterOf(modelCard(facts))).toEqual({
      license: 'apache-2.0',
      base_model: 'me/base',
      base_model_relation: 'finetune',
      library_name: 'transformers',
      pipeline_tag: 'text-generation',
      tags: ['rzero', 'r-zero', 'self-play', 'grpo'],
    });
    expect(matterOf(modelCard({ ...facts, kind: 'adapter' }))).toMatchObject({
      base_model_relation: 'adapter',
      library_name: 'peft',
    });
    const unknown = { name: 'base', hub: null, license: null, weights: [] };
    expect(Object.keys(matterOf(modelCard({ ...facts, base: unknown })))).not.toContain('license');
  });

  it('has the results of benchmarks in the form of the hub', () => {
    const { 'model-index': index } = matterOf(modelCard({ ...facts, reports: [report] }));
    expect(index).toMatchObject([
      { name: run.id, results: report.tasks.map(() => ({ task: { type: 'text-generation' } })) },
    ]);
  });

  it('names where the model comes from, with the hash of its base', () => {
    const card = modelCard(facts);
    expect(card).toContain('[me/base](https://huggingface.co/me/base)');
    expect(card).toContain("| SHA-256 of the base's model.safetensors | `ab12` |");
    expect(card).toContain('| iteration | 1, chosen by the run without true labels |');
    expect(card).toContain('- `solver.steps = 20`');
  });

  it('has every held-out score with its interval and its difference to the base', () => {
    const card = modelCard(facts);
    expect(card).toMatch(/\| base \| 25\.0 % \[15\.0, 35\.0\] \| .* \|  \|  \|  \|/);
    expect(card).toMatch(
      /\| \*\*1\*\* \(this model\) \| 75\.0 % \[65\.0, 85\.0\] \| .* \| \+50\.0 \[.*\] \| < 0\.001 \| 72\.0 % \|/,
    );
    const same = { ...run, iterations: [iteration(0, 10), iteration(1, 10)] };
    expect(modelCard({ ...facts, run: same })).toMatch(/±0\.0 \[.*\] \(not significant\)/);
  });

  it('has what audits found of the labels', () => {
    expect(modelCard(facts)).not.toContain('Audits');
    const audit = {
      planted: { accuracy: 0.43, of: 44 },
      judge: null,
      views: { value: 0.6, low: 0.4, high: 0.7, of: 27 },
    };
    const audited = { ...iteration(1, 30), labels: null, audit };
    const empty = { planted: { accuracy: 0, of: 0 }, judge: null };
    const second = { ...iteration(2, 30), labels: null, audit: empty };
    const card = modelCard({ ...facts, run: { ...run, iterations: [iteration(0, 10), audited, second] } });
    expect(card).toContain('| iteration | planted questions | other wordings |');
    expect(card).toContain('| 1 | 43.0 % of 44 | 60.0 % of 27 [40.0, 70.0] |');
    expect(card).toContain('| 2 | of 0 |  |');
  });

  it('says how the prompts of a custom domain are had', () => {
    expect(modelCard(facts)).toContain('`rzero chat --model FOLDER` uses them.');
    const custom = { ...run, domain: 'word-problems', isCustomDomain: true };
    expect(modelCard({ ...facts, run: custom })).toContain(
      '`rzero chat --model FOLDER --domain MODULE` uses them, where `MODULE` is the file of that domain.',
    );
  });

  it('shows names that are markup as text', () => {
    const hostile = '<img src=x onerror=alert(1)> [a](javascript:b) | `c` \u202e';
    const card = modelCard({
      ...facts,
      title: hostile,
      run: { ...run, id: hostile, domain: hostile, changed: [`a = "${hostile}"`] },
    });
    // A setting is in a code span, in which nothing is markup.
    const lines = card.split('---\n').slice(2).join('').split('\n');
    const text = lines.filter((line) => !line.startsWith('- `')).join('\n');
    expect(text).not.toMatch(/(?<!\\)<img|(?<!\\)\[a|\u202e/);
    expect(lines.filter((line) => line.startsWith('- `')).join()).not.toMatch(/`.*`.*`/);
    expect(text).toContain('\\<img');
    expect(parse(card.split('---\n')[1])).toMatchObject({ license: 'apache-2.0' });
  });

  it('says of a model without a run only what is known', () => {
    const card = modelCard({ ...facts, run: null, base: null, iteration: null });
    expect(card).toContain('Nothing is known here');
    expect(card).not.toContain('## Results');
    expect(card).not.toContain('## Recipe');
  });
});

describe('what leaves the house of a config', () => {
  it('has no addresses and no folders of this machine', () => {
    const config = {
      model: '/home/me/models/base',
      runsDir: '/data/runs',
      domain: 'arithmetic',
      engine: { kind: 'tinker', url: 'https://internal.example:8000', model: 'Qwen/Qwen3-8B' },
      audit: { judge: { url: 'http://10.0.0.1/v1', samples: 3 } },
    };
    expect(publicConfig(config)).toEqual({
      model: 'base',
      domain: 'arithmetic',
      engine: { kind: 'tinker', model: 'Qwen/Qwen3-8B' },
      audit: { judge: { samples: 3 } },
    });
    expect(publicSettings(['engine.url = "https://a"', 'finetune.data = "/home/me/a.jsonl"', 'seed = 3'])).toEqual([
      'finetune.data = "a.jsonl"',
      'seed = 3',
    ]);
  });
});
