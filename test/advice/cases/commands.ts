/** Errors of single commands: ablations, chat, export, fine-tuning and pre-training. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readPlan } from '../../../src/ablate/plan.ts';
import { run as ablate } from '../../../src/cli/commands/ablate.ts';
import { type ChatFlags, run as chat } from '../../../src/cli/commands/chat.ts';
import { type FinetuneFlags, run as finetune } from '../../../src/cli/commands/finetune.ts';
import type { Io } from '../../../src/cli/io.ts';
import { loadPretrainRecipe } from '../../../src/pretrain/recipe.ts';
import { SET_SCRIPTED } from '../../engines/scripted/config.ts';
import { ROOT } from '../../fixtures/program.ts';
import { writeArithmeticBase } from '../../fixtures/scripted/arithmetic-base.ts';
import { perform, type Printed } from '../perform.ts';
import type { AdviceCase } from '../followed.ts';

const PLAN = 'seeds = [1]\n\n[[variants]]\nname = "base"\n';
const RECIPE = readFileSync(join(ROOT, 'recipes/pretrain-arith-base.toml'), 'utf8');

function write(place: string, name: string, text: string): string {
  writeFileSync(join(place, name), text);
  return join(place, name);
}

async function good<Flags>(
  run: (flags: Flags, io: Io, argument?: string) => Promise<number>,
  flags: Flags & { runsDir?: string },
  place: string,
  argument?: string,
): Promise<Printed> {
  const printed = await perform(run, flags, place, argument);
  expect(printed.code).toBe(0);
  return printed;
}

async function asked(place: string, flags: Partial<ChatFlags>): Promise<void> {
  await writeArithmeticBase(join(place, 'base'));
  const given: ChatFlags = { model: join(place, 'base'), role: 'solver', json: true, set: [...SET_SCRIPTED], ...flags };
  await good(chat, given, place);
}

/** Writes the training data without training. */
async function tuned(place: string, flags: FinetuneFlags): Promise<void> {
  await good(finetune, { model: join(ROOT, 'models/arith-base'), write: join(place, 'data.jsonl'), ...flags }, place);
}

export const CASES: AdviceCase[] = [
  {
    file: 'ablate/plan.ts',
    message: '…: …',
    advice: /^Correct it; every key with its values is in .*config\.md\.$/,
    provoke: (place) => readPlan(write(place, 'plan.toml', `${PLAN}set.solver.stepz = 3\n`)),
    follow: async (place, { advice, message }) => {
      const path = /in (\S+)\.$/.exec(advice)?.[1] ?? '';
      const nearest = /the nearest is ([\w.]+)/.exec(message)?.[1] ?? '';
      expect(readFileSync(path, 'utf8')).toContain(`\`${nearest}\`:`);
      const { variants } = await readPlan(write(place, 'plan.toml', `${PLAN}set.${nearest} = 3\n`));
      expect(variants[0].config.solver.steps).toBe(3);
    },
  },
  {
    file: 'ablate/plan.ts',
    message: '….',
    advice: /^Correct the plan; .*ablations\.md describes the format\.$/,
    provoke: (place) => readPlan(write(place, 'plan.toml', `${PLAN}\n[[variants]]\nname = "base"\n`)),
    follow: async (place, { advice }) => {
      const guide = readFileSync(/; (.*) describes/.exec(advice)?.[1] ?? '', 'utf8');
      const [, example] = /```toml\n([^]*?)```/.exec(guide) ?? [];
      expect(example).toContain('[[variants]]');
      const plan = await readPlan(write(place, 'plan.toml', `${PLAN}\n[[variants]]\nname = "other"\n`));
      expect(plan.variants).toHaveLength(2);
    },
  },
  {
    file: 'cli/commands/ablate.ts',
    message: '--seeds … is not a list of seeds.',
    advice: /^Pass whole numbers, e\.g\. --seeds [\d,]+\.$/,
    provoke: (place) => perform(ablate, { seeds: '1;2', dryRun: true }, place, write(place, 'plan.toml', PLAN)),
    follow: async (place, { advice }) => {
      const seeds = /--seeds ([\d,]+)/.exec(advice)?.[1];
      const { out } = await good(ablate, { seeds, dryRun: true }, place, join(place, 'plan.toml'));
      expect(out).toContain('3 runs');
    },
  },
  {
    file: 'cli/commands/chat.ts',
    message: 'With --json, the Solver needs a question.',
    advice: /^Add --ask "[^"]+"/,
    provoke: (place) => asked(place, {}),
    follow: (place, { advice }) => asked(place, { ask: /--ask "([^"]+)"/.exec(advice)?.[1] }),
  },
  {
    file: 'cli/commands/finetune.ts',
    message: 'There is no training data.',
    advice: /^Pass --data FILE \(JSONL, JSON, CSV or Parquet .*\), or --data 500 to generate 500 questions\.$/,
    provoke: (place) => tuned(place, {}),
    follow: async (place, { advice }) => {
      await tuned(place, { data: /--data (\d+)/.exec(advice)?.[1] });
      await tuned(place, { data: join(place, 'data.jsonl'), write: join(place, 'again.jsonl') });
    },
  },
  {
    file: 'pretrain/recipe.ts',
    message: '…: …',
    advice: /^Pass a valid TOML file with --recipe, such as .*pretrain-arith-base\.toml\.$/,
    provoke: (place) => loadPretrainRecipe(join(place, 'missing.toml')),
    follow: (_, { advice }) => loadPretrainRecipe(/such as (.*)\.$/.exec(advice)?.[1] ?? ''),
  },
  {
    file: 'pretrain/recipe.ts',
    message: '…:\n…',
    advice: /^Correct these keys; .*pretrain-arith-base\.toml shows all of them\.$/,
    provoke: (place) => loadPretrainRecipe(write(place, 'recipe.toml', RECIPE.replace('layers', 'layer'))),
    follow: async (place, { advice, message }) => {
      const shown = readFileSync(/; (.*) shows/.exec(advice)?.[1] ?? '', 'utf8');
      expect(message).toContain('layers');
      expect((await loadPretrainRecipe(write(place, 'recipe.toml', shown))).model.layers).toBeGreaterThan(0);
    },
  },
];
