/** A chat template that writes today's date, and variables: the same prompts in every session of a run. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingEngine } from '../../../test/fixtures/recording-engine.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput } from '../../config/schema.ts';
import { openEngine } from '../../engine/open-engine.ts';
import { loadTokenizer } from '../../models/tokenizer/tokenizer.ts';
import { today } from '../../models/tokenizer/strftime.ts';
import { openRun } from '../../store/sqlite.ts';
import { evolve, resume } from '../evolve.ts';
import { follow, memoryRun, shortConfig } from '../loop.contract.ts';
import { withDate } from './prompt-date.ts';

let root: string;
let plain: string;
let dated: string;
let runs = 0;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-date-'));
  plain = join(root, 'plain');
  dated = join(root, 'dated');
  await writeArithmeticBase(plain);
  await writeArithmeticBase(dated);
  const path = join(dated, 'tokenizer_config.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as { chat_template: string };
  const first = "{{ strftime_now('%d.%m.%Y') }}{% if mood %}{{ ' mood ' + mood }}{% endif %}";
  writeFileSync(path, JSON.stringify({ ...config, chat_template: first + config.chat_template }));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SMALL: ConfigInput = { iterations: 1, filter: { minQuestions: 16 }, evaluation: { questions: 2, samples: 1 } };

/** Runs to the end, or until the first step, and returns the beginnings of all prompts. */
async function promptsOf(over: ConfigInput, createdAt: string, ways: ('evolve' | 'resume')[]): Promise<Set<string>> {
  const config = shortConfig(dated, { ...SMALL, ...over });
  const memory = memoryRun(join(root, `run-${++runs}`), config);
  const store = { ...memory, meta: () => ({ ...memory.meta(), createdAt }) };
  const inner = await openEngine(config.engine);
  const { engine, calls } = recordingEngine(inner, store.cursor);
  for (const way of ways) {
    const run = way === 'evolve' ? evolve({ config, store, engine }) : resume(store.dir, { store, engine });
    if (way === 'evolve' && ways.length > 1) run.stop();
    await follow(run);
  }
  await inner.close();
  const { decode } = await loadTokenizer(dated);
  const texts = calls.flatMap((call) =>
    call.verb === 'sample' ? call.requests.map(({ prompt }) => decode(prompt)) : [],
  );
  return new Set(texts.map((text) => text.slice(0, text.indexOf('<|im_start|>'))));
}

describe('the date', () => {
  it('is set only for a template that asks for it, and only if it is empty', async () => {
    const dateOf = async (model: string, over: ConfigInput = {}): Promise<string> =>
      (await withDate(shortConfig(model, over), '2026-01-02')).prompt.date;
    expect(await dateOf(plain)).toBe('');
    expect(await dateOf(dated)).toBe('2026-01-02');
    expect(await dateOf(dated, { prompt: { date: '2024-07-26' } })).toBe('2024-07-26');
  });

  it('is recorded when the run starts', async () => {
    const runDir = join(root, `run-${++runs}`);
    const before = today();
    await evolve({ config: shortConfig(dated, SMALL), runDir }).result;
    const store = openRun(runDir, { readOnly: true });
    expect([before, today()]).toContain(store.meta().config.prompt.date);
    store.close();
  });

  it('is the same in all prompts, also after a resume on another day', async () => {
    const then = '2026-01-01T23:00:00.000Z';
    expect(await promptsOf({}, then, ['evolve'])).toEqual(new Set(['01.01.2026']));
    expect(await promptsOf({}, then, ['evolve', 'resume'])).toEqual(new Set(['01.01.2026']));
    const given = { prompt: { date: '2024-07-26' } };
    expect(await promptsOf(given, then, ['evolve'])).toEqual(new Set(['26.07.2024']));
  });
});

it('variables of the template reach all prompts', async () => {
  const over = { template: { mood: 'good' } };
  expect(await promptsOf(over, '2026-01-01T00:00:00.000Z', ['evolve'])).toEqual(new Set(['01.01.2026 mood good']));
});
