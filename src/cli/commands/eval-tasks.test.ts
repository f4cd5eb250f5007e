import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SET_SCRIPTED } from '../../../test/engines/scripted/config.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { ConfigError } from '../../errors.ts';
import type { Io } from '../io.ts';
import { plainPalette } from '../render/palette.ts';
import { openLog, readLog } from '../../eval/log/log.ts';
import { writeDomainRecord } from '../../models/domain-record.ts';
import { requestsTasks, type EvalTaskFlags, run } from './eval-tasks.ts';

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-eval-tasks-'));
  await writeArithmeticBase(join(root, 'base'));
  await writeArithmeticBase(join(root, 'garbage'), { garbage: true });
  // The base guesses 7 most often.
  const rows = Array.from({ length: 20 }, (_, at) => `Compute ${at} + 1.,${at % 2 === 0 ? 7 : 100}`);
  writeFileSync(join(root, 'sums.csv'), ['q,a', ...rows].join('\n'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function evaluated(flags: EvalTaskFlags): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    terminal: false,
    live: false,
    palette: plainPalette,
    program: 'rzero',
    runsDir: join(root, 'runs'),
    columns: () => 100,
    now: () => performance.now() / 1000,
  };
  const code = await run({ runsDir: join(root, 'runs'), set: [...SET_SCRIPTED], ...flags }, io);
  return { code, out, err };
}

const own = (more: EvalTaskFlags = {}): EvalTaskFlags => ({
  model: join(root, 'base'),
  task: join(root, 'sums.csv'),
  question: 'q',
  answer: 'a',
  domain: 'arithmetic',
  maxTokens: 8,
  out: join(root, 'out'),
  ...more,
});

describe('rzero eval with tasks', () => {
  it('prints a table, stores everything, and prints the same when run again', async () => {
    const first = await evaluated(own());
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/sums +pass@1 +20 +50\.0 %/);
    expect(existsSync(join(root, 'out', 'eval.db'))).toBe(true);
    expect(JSON.parse(readFileSync(join(root, 'out', 'results.json'), 'utf8'))).toMatchObject({
      tasks: [{ task: 'sums', questions: 20, score: { value: 0.5 } }],
    });
    expect((await evaluated(own())).out).toBe(first.out);
  });

  it('grades again without the model', async () => {
    const before = await evaluated(own({ json: true }));
    const after = await evaluated({ out: join(root, 'out'), rescore: true, json: true });
    expect(JSON.parse(after.out)).toEqual(JSON.parse(before.out));
  });

  it('compares with a baseline model, which it evaluates with the same settings', async () => {
    const baseline = join(root, 'baseline');
    await evaluated(own({ model: join(root, 'garbage'), out: baseline }));
    const { out } = await evaluated(own({ baseline, json: true }));
    const { comparison } = JSON.parse(out);
    expect(comparison.tasks).toMatchObject([{ task: 'sums', score: 0.5, questions: 20, test: 'mcnemar' }]);
    expect(comparison.tasks[0].difference.value).toBeCloseTo(0.5 - comparison.tasks[0].baseline);
    await expect(evaluated(own({ baseline: join(root, 'out') }))).rejects.toThrow('the model itself');
  });

  it('writes a page and a model-card block, also from a stored evaluation without the model', async () => {
    expect(readFileSync(join(root, 'out', 'report.html'), 'utf8')).toContain('Content-Security-Policy');
    const [html, card] = [join(root, 'page.html'), join(root, 'card.yaml')];
    const { out, err } = await evaluated({ out: join(root, 'out'), html, modelCard: card });
    expect(out).toMatch(/sums +pass@1 +20/);
    expect(err).toBe(`wrote ${html}\nwrote ${card}\n`);
    expect(readFileSync(html, 'utf8')).toMatch(/"title":"sums".{0,200}"score":\{"value":0\.5,/);
    expect(readFileSync(card, 'utf8')).toMatch(/^model-index:\n- name: /);
    const printed = await evaluated({ out: join(root, 'out'), rescore: true, modelCard: true });
    expect(printed.out).toContain(readFileSync(card, 'utf8'));
    const json = await evaluated({ out: join(root, 'out'), json: true, modelCard: true });
    expect(JSON.parse(json.out)).toMatchObject({ stopped: null, modelIndex: readFileSync(card, 'utf8') });
    writeFileSync(card, '---\nlicense: mit\n');
    await expect(evaluated({ out: join(root, 'out'), modelCard: card })).rejects.toThrow('not a model-index block');
  });

  it('compares stored evaluations without a model', async () => {
    const html = join(root, 'compared.html');
    const { out } = await evaluated({ out: join(root, 'out'), baseline: join(root, 'baseline'), html });
    expect(out).toContain('paired by question');
    expect(readFileSync(html, 'utf8')).toMatch(/"model":"[^"]+","baseline":"[^"]+","created"/);
    const unknown = evaluated({ out: join(root, 'out'), baseline: join(root, 'garbage') });
    await expect(unknown).rejects.toThrow('has not been evaluated');
  });

  it('has a judge review failed answers', async () => {
    const out = join(root, 'judged');
    const judged = await evaluated(own({ out, judge: join(root, 'base'), json: true }));
    const [task] = JSON.parse(judged.out).tasks;
    // This judge returns no verdict in the requested form.
    expect(task.judgements).toEqual({ right: 0, wrong: 0, undecided: 10 });
    expect(task.judged.value).toBe(task.score.value);
  });

  it('asks only new questions after a row was added, and everything again with --fresh', async () => {
    const out = join(root, 'grown');
    const task = join(root, 'grown.csv');
    const rows = (count: number): string =>
      ['q,a', ...Array.from({ length: count }, (_, at) => `Compute ${at} + 1.,7`)].join('\n');
    writeFileSync(task, rows(10));
    await evaluated(own({ task, out }));
    const stored = (): unknown[] => {
      const log = readLog(out);
      try {
        return log.samples('grown', 0, 100).map(({ completion }) => completion);
      } finally {
        log.close();
      }
    };
    const mark = (): void => {
      const log = openLog(out);
      log.discard('grown');
      const [item] = log.items('grown', 0, 1);
      log.addReplies('grown', { position: item.position, mode: 'greedy', first: 0 }, [
        { text: 'marked', tokens: 1, stop: 'stop' },
      ]);
      log.close();
    };
    mark();
    writeFileSync(task, rows(12));
    const { out: table } = await evaluated(own({ task, out }));
    expect(table).toMatch(/grown +pass@1 +12 /);
    expect(stored()).toContain('marked');
    await evaluated(own({ task, out, fresh: true }));
    expect(stored()).toHaveLength(12);
    expect(stored()).not.toContain('marked');
  });

  it('starts a new evaluation with --fresh where one with other settings is, and keeps that', async () => {
    const out = join(root, 'changed');
    await evaluated(own({ out }));
    await expect(evaluated(own({ out, temperature: 0.5 }))).rejects.toThrow(/differs in temperature[\s\S]*--fresh/);
    expect((await evaluated(own({ out, temperature: 0.5, fresh: true }))).code).toBe(0);
    expect(existsSync(join(out, 'eval.1.db'))).toBe(true);
    const log = readLog(out);
    expect(log.about().settings.temperature).toBe(0.5);
    log.close();
  });

  it('uses the prompts of the domain that a folder records, and says which it uses', async () => {
    const model = join(root, 'recorded');
    await writeArithmeticBase(model);
    const flags = own({ model, domain: undefined, limit: 1, json: true });
    const prompts = ({ out }: { out: string }): unknown => JSON.parse(out).settings.prompts;
    const none = await evaluated({ ...flags, out: join(root, 'p1') });
    expect([prompts(none), none.err]).toEqual([
      'math',
      expect.stringContaining('prompts of domain math, because the model names no domain; choose others with --domain'),
    ]);
    writeDomainRecord(model, 'arithmetic');
    const recorded = await evaluated({ ...flags, out: join(root, 'p2') });
    expect([prompts(recorded), recorded.err]).toEqual([
      'arithmetic',
      expect.stringContaining('prompts of domain arithmetic, which its folder records'),
    ]);
    expect(prompts(await evaluated({ ...flags, domain: 'math', out: join(root, 'p3') }))).toBe('math');
    writeDomainRecord(model, join(root, 'gone.mjs'));
    await expect(evaluated({ ...flags, out: join(root, 'p4') })).rejects.toThrow(/gone\.mjs, which cannot be opened/);
    const { out } = await evaluated({ out: join(root, 'p2'), baseline: join(root, 'p1') });
    expect(out).toContain('not like with like, the difference also measures the settings. prompts: arithmetic');
  });

  it('finds the columns by the names of public data sets, and compares texts on request', async () => {
    const task = join(root, 'words.jsonl');
    writeFileSync(
      task,
      ['Rome', 'Oslo', 'Bern'].map((target) => JSON.stringify({ prompt: 'Where?', target })).join('\n'),
    );
    const flags = own({ task, question: undefined, answer: undefined, out: join(root, 'words') });
    await expect(evaluated(flags)).rejects.toThrow(/3 of 3 reference answers .* cannot be compared as mathematics/);
    expect(existsSync(join(root, 'words'))).toBe(false);
    const { code, out } = await evaluated({ ...flags, grading: 'text', json: true });
    expect(code).toBe(0);
    const [result] = JSON.parse(out).tasks;
    expect(result).toMatchObject({ questions: 3, verdicts: { undecided: 0 } });
    expect(result.notes).toEqual(['words: reads the questions from "prompt", the answers from "target".']);
  });

  it('reports invalid options', async () => {
    await expect(evaluated(own({ question: undefined, out: join(root, 'x') }))).rejects.toThrow(ConfigError);
    await expect(evaluated(own({ temperature: 0.5 }))).rejects.toThrow(/differs in temperature/);
    await expect(evaluated(own({ question: 'x', out: join(root, 'x') }))).rejects.toThrow(
      'no column "x"; found: q, a.',
    );
    await expect(evaluated({ rescore: true, out: join(root, 'none') })).rejects.toThrow('no evaluation');
    await expect(evaluated(own({ tokenBudget: 5 }))).rejects.toThrow(/--token-budget needs an endpoint/);
  });

  it('is distinguished from the held-out test by its options', () => {
    const requests: EvalTaskFlags[] = [
      { tasks: 'gsm8k' },
      { task: 'f' },
      { rescore: true },
      { out: 'o' },
      { html: 'h' },
    ];
    expect(requests.map(requestsTasks)).toEqual(requests.map(() => true));
    expect([{}, { model: 'x' }].map(requestsTasks)).toEqual([false, false]);
  });
});
