import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SET_SCRIPTED } from '../../../test/engines/scripted/config.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { ConfigError } from '../../errors.ts';
import type { Io } from '../io.ts';
import { plainPalette } from '../render/palette.ts';
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
    expect(readFileSync(html, 'utf8')).toContain('sums: 50.0 %, 95 % interval');
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
    expect(readFileSync(html, 'utf8')).toContain('compared with');
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

  it('reports invalid options', async () => {
    await expect(evaluated(own({ question: undefined }))).rejects.toThrow(ConfigError);
    await expect(evaluated(own({ temperature: 0.5 }))).rejects.toThrow(/differs in temperature/);
    await expect(evaluated(own({ question: 'x', out: join(root, 'x') }))).rejects.toThrow('no column x');
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
