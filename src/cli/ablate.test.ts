/** Runs `rzero ablate` and `rzero finetune` in child processes, on the scripted engine. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Ended, FROM_SOURCES, lastLine, rzero as program } from '../../test/fixtures/program.ts';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import { toToml } from '../config/toml.ts';
import { shortConfig } from '../loop/loop.contract.ts';

// Every call starts a Node process, and other tests may occupy the cores.
vi.setConfig({ testTimeout: 180_000 });

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rzero-cli-'));
  await writeArithmeticBase(join(folder, 'base'));
  writeFileSync(join(folder, 'short.toml'), toToml(shortConfig('base', { iterations: 1 })));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Plans and configs name the scripted engine, which is a module in TypeScript.
const rzero = (...parameters: string[]): Promise<Ended> => program(parameters, { cwd: folder, program: FROM_SOURCES });

describe('rzero finetune', () => {
  it('trains on labelled data, evaluates before and after, and leaves a normal run', async () => {
    const written = await rzero('finetune', '--data', '20', '--model', 'base', '--write', 'rows.jsonl');
    expect(written).toMatchObject({ code: 0, out: 'Wrote 20 questions with answers to rows.jsonl.' });
    expect(readFileSync(join(folder, 'rows.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(20);

    const parameters = ['--data', 'rows.jsonl', '--held-out', '5', '--model', 'base', '--config', 'short.toml'];
    const { code, out, err } = await rzero('finetune', ...parameters);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Iteration 1: the labelled questions');
    expect(out).toMatch(/mean@2 .* · 6 questions\n *mean@2 .* · 5 questions of data/);
    expect(out).not.toMatch(/propose|the paper|chosen without any true label|--seed/);
    const id = /rzero show (\S+)/.exec(out)?.[1] ?? '';
    expect(id).toMatch(/-base-labels-01$/);

    const [shown, again] = await Promise.all([
      rzero('show', id, '--json'),
      rzero('finetune', '--data', '8', '--model', id, '--json'),
    ]);
    expect(JSON.parse(shown.out)).toMatchObject({
      outcome: 'finished',
      best: 1,
      summary: { supervised: true },
      pools: [{ posed: 15 }],
    });
    expect(again.code).toBe(0);
    expect(again.out).toContain(`${id}/best`);
  });

  it('reports missing and invalid data', async () => {
    writeFileSync(join(folder, 'bad.jsonl'), '{"question": "Compute 3 + 4.", "answer": "7"}\n{"q": 1}\n');
    const [nothing, bad, math] = await Promise.all([
      rzero('finetune', '--model', 'base'),
      rzero('finetune', '--data', 'bad.jsonl', '--model', 'base', '--config', 'short.toml'),
      rzero('finetune', '--data', '5', '--domain', 'math', '--model', 'base', '--write', 'x.jsonl'),
    ]);
    expect([nothing, bad, math].map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(lastLine(nothing.err)).toContain('Pass --data FILE');
    expect(bad.err).toMatch(/bad\.jsonl:2: a row must hold a question .* found no question\./);
    expect(math.err).toContain('the domain math cannot generate questions with known answers');
  });
});

describe('rzero ablate', () => {
  it('runs a plan, prints its tables, and repeats no finished run', async () => {
    writeFileSync(
      join(folder, 'try.toml'),
      'base = "short.toml"\nseeds = [3]\n[[variants]]\nname = "full"\n[[variants]]\nname = "oracle"\ntitle = "true labels"\nset.labels = "oracle"\n',
    );
    const first = await rzero('ablate', 'try.toml', '--markdown');
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/^\| true labels \| \d+\.\d % \|/m);
    expect(first.out).toContain('Difference from full, paired by question');
    expect(first.err).toMatch(/^1\/2 full seed 3: starts in .*full-seed3-[0-9a-f]{12}$/m);
    expect(first.err).toContain('2/2 oracle seed 3: finished');

    const [again, plan] = await Promise.all([
      rzero('ablate', 'try.toml', '--json'),
      rzero('ablate', 'try.toml', '--dry-run'),
    ]);
    expect(again.err).toBe(
      '1/2 full seed 3: already finished\n1/2 full seed 3: finished\n2/2 oracle seed 3: already finished\n2/2 oracle seed 3: finished\n',
    );
    expect(JSON.parse(again.out)).toMatchObject({ complete: true, variants: [{ name: 'full' }, { name: 'oracle' }] });
    expect(plan.out).toContain('2 variants with seeds 3: 2 runs');
    expect(plan.out).toContain('oracle (true labels): {"labels":"oracle"}');
  });

  it('rejects a missing plan and invalid seeds', async () => {
    const [none, seeds] = await Promise.all([rzero('ablate'), rzero('ablate', 'try.toml', '--seeds', '1;2')]);
    expect([none.code, seeds.code]).toEqual([2, 2]);
    expect(lastLine(seeds.err)).toContain('--seeds 1,2,3');
  });
});
