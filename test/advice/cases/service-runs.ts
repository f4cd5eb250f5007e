/** Errors about runs on a service: options, addresses, budgets and tokenizers. */

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run as doctor } from '../../../src/cli/commands/doctor.ts';
import { run as finetune } from '../../../src/cli/commands/finetune.ts';
import { configOf } from '../../../src/cli/settings.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { evolve, resume } from '../../../src/index.ts';
import { shortConfig } from '../../../src/loop/loop.contract.ts';
import type { ServiceChange } from '../../../src/loop/remote/service-change.ts';
import { meteredEngine } from '../../engines/metered/index.ts';
import { writeArithmeticBase } from '../../fixtures/scripted/arithmetic-base.ts';
import { clientOf, serveFolder } from '../../tinker/served.ts';
import { commandIn } from '../command.ts';
import type { AdviceCase } from '../followed.ts';
import { perform } from '../perform.ts';

const BASE = 'models/arith-base';
const URL = 'http://127.0.0.1:9';

interface Wanted {
  model?: string;
  engine?: Record<string, unknown>;
  priced?: boolean;
}

/** Runs on an engine that counts like a service, until the end or the budget. */
async function play(place: string, name: string, { model, engine, priced }: Wanted = {}): Promise<string> {
  const base = join(place, 'base');
  await writeArithmeticBase(base);
  const settings = { kind: 'tinker', url: URL, model: 'org/base', ...engine } as ConfigInput['engine'];
  const short = { iterations: 1, evaluation: { questions: 2, samples: 1, maxTokens: 6 } };
  const config = shortConfig(model ?? base, { ...short, engine: settings, adapt: { method: 'lora', rank: 2 } });
  const runDir = join(place, name);
  await evolve({ config, runDir, engine: await meteredEngine({ priced }) }).result;
  return runDir;
}

async function goOn(dir: string, service: ServiceChange = {}): Promise<void> {
  const { outcome } = await resume(dir, { service, engine: await meteredEngine() }).result;
  expect(outcome).toBe('finished');
}

/** The budget that the advice's command sets. */
function budgetIn(advice: string): ServiceChange {
  const words = commandIn(advice);
  const value = (option: string): number | undefined =>
    words.includes(option) ? Number(words[words.indexOf(option) + 1]) : undefined;
  return { budgetTokens: value('--budget-tokens'), budgetCost: value('--budget-cost') };
}

const ADDRESS = { url: URL };
const KEY = 'a-key-of-the-server';

/** Data of a fine-tuning that is only written. */
const dataIn = (place: string) => ({ data: '4', write: join(place, 'data.jsonl') });

/** Serves the shipped base while `work` runs. */
async function serving(place: string, key: string | undefined, work: (url: string) => Promise<void>): Promise<void> {
  const served = await serveFolder(BASE, join(place, 'checkpoints'), key);
  try {
    await work(served.url);
  } finally {
    await served.close();
  }
}

/** Connects to a service and asks for its model. */
async function askFor(url: string): Promise<void> {
  const engine = await clientOf(url);
  try {
    await engine.inspect({ kind: 'base', path: BASE });
  } finally {
    await engine.close();
  }
}

export const CASES: AdviceCase[] = [
  {
    file: 'cli/commands/doctor.ts',
    message: '--probe tries out a service, but none is named.',
    advice: 'Name it with --url, or leave out --probe.',
    provoke: (place) => perform(doctor, { probe: true }, place),
    async follow(place) {
      const { out } = await perform(doctor, {}, place);
      expect(out).toContain('base model');
      await serving(place, undefined, async (url) => {
        const probed = await perform(doctor, { probe: true, scale: 'tiny', url }, place);
        expect(probed.out).toContain('tried out');
      });
    },
  },
  {
    file: 'cli/commands/finetune.ts',
    message: '… was trained on a service, on which a new run starts from a base model.',
    advice: /^Train it on this machine with --engine local, or name a base model of the service/,
    async provoke(place) {
      await play(place, 'runs/run');
      await perform(finetune, { ...dataIn(place), model: 'run' }, place);
    },
    async follow(place) {
      expect((await perform(finetune, { ...dataIn(place), model: 'run', engine: 'local' }, place)).code).toBe(0);
      const named = { ...dataIn(place), url: URL, model: 'org/base', overwrite: true };
      expect((await perform(finetune, named, place)).code).toBe(0);
    },
  },
  {
    file: 'engine/tinker/failures.ts',
    message: 'This is not the address of a Tinker service: ….',
    advice: /^Check --url: it is the address of the service without the path of a call, such as http:/,
    provoke: (place) => serving(place, undefined, (url) => askFor(`${url}/v1`)),
    follow: (place) => serving(place, undefined, askFor),
  },
  {
    file: 'engine/tinker/failures.ts',
    message: '…',
    advice: /^Set the environment variable TINKER_API_KEY to the key of the account\. Or name another service/,
    provoke: (place) => serving(place, KEY, askFor),
    async follow(place) {
      process.env.TINKER_API_KEY = `not ${KEY}`;
      try {
        await expect(serving(place, KEY, askFor)).rejects.toThrow('TINKER_API_KEY is set to another one');
        process.env.TINKER_API_KEY = KEY;
        await serving(place, KEY, askFor);
      } finally {
        delete process.env.TINKER_API_KEY;
      }
    },
  },
  {
    file: 'cli/service/flags.ts',
    message: '… cannot be used with --engine …: only a service has them.',
    advice: 'Pass --engine tinker, or leave them out.',
    provoke: () => configOf({ engine: 'local', ...ADDRESS }),
    follow() {
      expect(configOf({ engine: 'tinker', ...ADDRESS }).engine).toMatchObject({ kind: 'tinker', url: URL });
      expect(configOf({ engine: 'local' }).engine.kind).toBe('local');
    },
  },
  {
    file: 'engine/tinker/address.ts',
    message: '… is not the address of a service.',
    advice: 'Give an address such as http://localhost:8000.',
    async provoke(place) {
      process.env.TINKER_BASE_URL = 'localhost:8000';
      try {
        await play(place, 'run', { engine: { url: '' } });
      } finally {
        delete process.env.TINKER_BASE_URL;
      }
    },
    follow: async (place) => void (await play(place, 'run', { engine: { url: 'http://localhost:8000' } })),
  },
  {
    file: 'engine/tinker/address.ts',
    message: '… contains a user name, a password or a query, which the run would store.',
    advice: 'Give only the address, such as http://localhost:8000, and put the key into',
    provoke: (place) => play(place, 'run', { engine: { url: 'http://me:secret@localhost:8000' } }),
    follow: async (place) => void (await play(place, 'run', { engine: { url: 'http://localhost:8000' } })),
  },
  {
    file: 'loop/remote/budget.ts',
    message: '…',
    advice: /^Raise the budget: `rzero resume .+ --budget-tokens \d+`, or any larger one; 0 is no limit\.$/,
    provoke: async (place) => goOn(await play(place, 'run', { engine: { budget: { tokens: 1 } } })),
    async follow(place, { advice }) {
      // As often as the budget is spent, it can be doubled.
      const more = budgetIn(advice).budgetTokens ?? 0;
      expect(more).toBeGreaterThan(1);
      await goOn(join(place, 'run'), { budgetTokens: 1000 * more });
    },
  },
  {
    file: 'loop/remote/service-change.ts',
    message: 'The run … has the engine "…", which has no address and no budget.',
    advice: /^Continue it without them: `rzero resume /,
    async provoke(place) {
      const base = join(place, 'base');
      await writeArithmeticBase(base);
      const run = evolve({ config: shortConfig(base, { iterations: 1 }), runDir: join(place, 'run') });
      for await (const event of run) if (event.type === 'step') run.stop();
      await run.result;
      await resume(join(place, 'run'), { service: { budgetTokens: 5 } }).result;
    },
    follow: async (place) => expect((await resume(join(place, 'run')).result).outcome).toBe('finished'),
  },
  {
    file: 'loop/remote/service-change.ts',
    message: 'The run … has no prices (engine.price), so its cost is not known.',
    advice: /^Limit its tokens: `rzero resume .+ --budget-tokens \d+`, or any other number\.$/,
    async provoke(place) {
      await goOn(await play(place, 'run', { engine: { budget: { tokens: 1 } } }), { budgetCost: 5 });
    },
    follow: (place, { advice }) => goOn(join(place, 'run'), budgetIn(advice)),
  },
  {
    file: 'loop/remote/texts.ts',
    message: '… is a run. A new run on a service starts from a base model of the service.',
    advice: /^Name such a model with --model, or continue that run with `rzero resume`\.$/,
    provoke: async (place) => play(place, 'run-2', { model: await play(place, 'run') }),
    async follow(place) {
      await play(place, 'run-2');
      await goOn(join(place, 'run'));
    },
  },
  {
    file: 'loop/remote/texts.ts',
    message: 'The tokenizer of … is needed on this machine. …',
    advice: /^Name the model's folder or its name on the hub with --tokenizer\./,
    async provoke(place) {
      process.env.HF_HUB_OFFLINE = '1';
      try {
        await play(place, 'run', { model: 'nobody/nothing' });
      } finally {
        delete process.env.HF_HUB_OFFLINE;
      }
    },
    follow(place) {
      const { model, engine } = configOf({ ...ADDRESS, model: 'nobody/nothing', tokenizer: join(place, 'base') });
      expect(engine).toMatchObject({ model: 'nobody/nothing' });
      return play(place, 'run', { model, engine: { model: 'nobody/nothing' } });
    },
  },
  {
    file: 'loop/remote/texts.ts',
    message: '… is a LoRA adapter. A new run on a service starts from a base model of the service.',
    advice: 'Name the base model with --model, and a folder with its tokenizer with --tokenizer.',
    async provoke(place) {
      const adapter = join(place, 'adapter');
      mkdirSync(adapter);
      const settings = {
        peft_type: 'LORA',
        r: 2,
        lora_alpha: 4,
        target_modules: ['q_proj'],
        base_model_name_or_path: join(place, 'base'),
      };
      writeFileSync(join(adapter, 'adapter_config.json'), JSON.stringify(settings));
      await play(place, 'run', { model: adapter });
    },
    async follow(place) {
      cpSync(join(place, 'base'), join(place, 'tokenizer'), { recursive: true });
      await play(place, 'run', { model: join(place, 'tokenizer') });
    },
  },
];
