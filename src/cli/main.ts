#!/usr/bin/env node
/**
 * START HERE for the command line. It declares the commands and their flags, nothing else: what a command
 * does is in `commands/`, loaded only when it is called, so that the first output comes at once.
 * How things look is in `render/`; no command computes anything that the library could not.
 */

import { Command, Option } from 'commander';
import { MEASURED, ROLES } from '../roles.ts';
import { RZERO_VERSION } from '../store/version.ts';
import { processIo, type Io } from './io.ts';
import { collect, integer, type CommonFlags } from './options.ts';
import { describeFailure } from './report-error.ts';
import { plainPalette } from './render/palette.ts';

/** What each file of `commands/` exports as `run`: flags, positional arguments and the edge; gives the exit code. */
export type Run<Flags> = (flags: Flags, io: Io, argument?: string) => Promise<number>;

function buildProgram(io: Io): Command {
  const program = new Command('rzero')
    .description('Makes a small language model teach itself, from zero data: a Challenger poses, a Solver answers.')
    .version(RZERO_VERSION)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      '\nFirst steps:\n  rzero doctor      what this machine can do\n  rzero evolve      evolve the model that ships with rzero, in minutes',
    );

  program
    .command('evolve')
    .description('evolve a model: train Challenger and Solver in turns and measure the effect')
    .option('--model <folder|name>', 'base model: a Hugging Face folder, or a name on the hub')
    .option('--domain <name>', 'what the two play about: arithmetic or math')
    .option('--iterations <n>', 'how often the two take turns', integer(1))
    .option('--scale <name>', 'preset of all sizes: tiny, small or paper')
    .option('--seed <n>', 'every random draw derives from it', integer(0))
    .option('--engine <kind|file>', 'what samples and trains: local, or a module of your own (./engine.js)')
    .addOption(lora())
    .addOption(set())
    .option(
      '--config <file.toml>',
      'read dials from a file or a preset (paper, repo, modern), later ones win (repeatable)',
      collect,
    )
    .option('--judge <url>', 'OpenAI-compatible endpoint that judges a sample of the labels (audit.judge.*)')
    .option('--dry-run', 'print the resolved config and a forecast of time and memory, then stop')
    .addOption(runsDir())
    .addOption(json('print the events as JSON, one per line'))
    .addHelpText(
      'after',
      '\nExamples:\n  rzero evolve\n  rzero evolve --scale tiny --iterations 1\n  rzero evolve --model Qwen/Qwen3-0.6B-Base --domain math --dry-run\n  rzero evolve --set solver.learningRate=1e-4 --set challenger.train=false',
    )
    .action(async (flags: import('./commands/evolve.ts').EvolveFlags) => {
      if (flags.json !== true) io.out(`${io.palette.bold(`rzero ${RZERO_VERSION}`)}\n`);
      await perform(io, flags, (await import('./commands/evolve.ts')).run);
    });

  program
    .command('resume')
    .description('go on with a run that was stopped or killed (default: the newest)')
    .argument('[run]', 'id, start of an id, or folder')
    .addOption(runsDir())
    .addOption(json('print the events as JSON, one per line'))
    .action(async (run: string | undefined, flags: CommonFlags) =>
      perform(io, flags, (await import('./commands/resume.ts')).run, run),
    );

  program
    .command('runs')
    .description('list the runs')
    .addOption(runsDir())
    .addOption(json())
    .action(async (flags: CommonFlags) => perform(io, flags, (await import('./commands/runs.ts')).run));

  program
    .command('show')
    .description('show what a run did: scores, dropped questions, labels, samples (default: the newest)')
    .argument('[run]', 'id, start of an id, or folder')
    .addOption(runsDir())
    .addOption(json())
    .action(async (run: string | undefined, flags: CommonFlags) =>
      perform(io, flags, (await import('./commands/show.ts')).run, run),
    );

  program
    .command('eval')
    .description('measure a model on held-out questions, or on benchmarks')
    .option('--model <model>', 'Hugging Face folder, a run (its best iteration), RUN@iteration, a hub name, or a URL')
    .option('--domain <name>', 'arithmetic or math')
    .option('--questions <n>', 'how many held-out questions', integer(1))
    .option('--samples <k>', 'sampled attempts per held-out question', integer(1))
    .option('--tasks <list>', 'benchmarks: gsm8k,math500,…, or math, general, paper, all')
    .option('--task <file>', 'your own .jsonl, .json, .csv or .parquet file')
    .option('--question <column>', "your file's column of questions")
    .option('--answer <column>', 'of answers')
    .option('--choices <column>', 'of lists of choices, or several columns: A,B,C,D')
    .option('--data-dir <folder>', 'benchmark files (default: RZERO_DATA, else the hub)')
    .option('--k <n>', 'sampled answers per question of a benchmark', integer(0))
    .option('--limit <n>', 'only so many questions of each benchmark', integer(1))
    .option('--max-tokens <n>', 'most new tokens of an answer (default: 4096, general tasks 8192)', integer(1))
    .option('--temperature <t>', 'of the sampled answers (default 1)', Number)
    .option('--baseline <model|folder>', 'compare with this model, or with an evaluation that is there')
    .option('--judge <model>', 'asked about answers that the rules call wrong or undecided')
    .option('--out <folder>', 'folder of the evaluation')
    .option('--rescore', 'grade the stored answers again, without a model')
    .option('--html <file>', 'write the report as one page there, too')
    .option('--model-card [file]', 'print the model-index block for a model card, or write it')
    .option('--api-key-env <name>', "environment variable that holds the endpoint's key")
    .option('--judge-api-key-env <name>', "of the judge's, where it is another host")
    .option('--concurrency <n>', 'requests under way at an endpoint (default 8)', integer(1))
    .option('--token-budget <n>', 'tokens that endpoints may use in this call; then it stops cleanly', integer(1))
    .option('--seed <n>', 'seed of the samples', integer(0))
    .addOption(set())
    .addOption(runsDir())
    .addOption(json())
    .addHelpText(
      'after',
      '\nExamples:\n  rzero eval\n  rzero eval --model ./Qwen3-0.6B --tasks math --data-dir ./data\n  rzero eval --model RUN@3 --baseline RUN@0 --tasks gsm8k --k 8\n  rzero eval --model ./Qwen3-0.6B --task mine.csv --question q --answer a\n  rzero eval --model http://localhost:8000/v1 --tasks gsm8k --limit 200 --token-budget 500000\n  rzero eval --out evaluations/FOLDER --html report.html --model-card',
    )
    .action(async (flags: import('./commands/eval.ts').EvalFlags) =>
      perform(io, flags, (await import('./commands/eval.ts')).run),
    );

  program
    .command('chat')
    .description('talk to a model in one of the two roles')
    .option('--model <folder|name|run>', 'Hugging Face folder, a name on the hub, or a run (its best iteration)')
    .addOption(new Option('--role <role>', 'who answers').choices(ROLES.map(({ name }) => name)).default(MEASURED))
    .option('--domain <name>', 'arithmetic or math')
    .option('--ask <question>', 'ask once and leave')
    .option('--temperature <t>', 'sampling temperature; 0 takes the likeliest token', Number)
    .option('--seed <n>', 'seed of the samples', integer(0))
    .addOption(set())
    .addOption(runsDir())
    .addOption(json())
    .action(async (flags: import('./commands/chat.ts').ChatFlags) =>
      perform(io, flags, (await import('./commands/chat.ts')).run),
    );

  program
    .command('finetune')
    .description(
      'train a Solver on given answers, from the base, a folder or a run: supervised, measured before and after',
    )
    .option(
      '--data <file|n>',
      'JSONL, JSON, CSV or Parquet with questions and answers; a number: so many from the domain itself',
    )
    .option('--question <column>', 'column of the question (default: question)')
    .option('--answer <column>', 'column of the answer (default: answer)')
    .option('--held-out <n>', 'rows to set aside and measure on', integer(0))
    .option('--write <file.jsonl>', 'write the data there and stop')
    .option('--model <folder|run>', 'what to start from: Hugging Face folder, or a run (its best Solver)')
    .option('--domain <name>', 'arithmetic or math')
    .option('--scale <name>', 'preset of all sizes: tiny, small or paper')
    .option('--seed <n>', 'every random draw derives from it', integer(0))
    .addOption(lora())
    .addOption(set())
    .option('--config <file.toml>', 'read dials from a file, later files win (repeatable)', collect)
    .addOption(runsDir())
    .addOption(json('print the events as JSON, one per line'))
    .addHelpText(
      'after',
      '\nExamples:\n  rzero finetune --data 500\n  rzero finetune --data gsm8k.jsonl --model latest --domain math --held-out 200\n  rzero finetune --data 500 --write labelled.jsonl',
    )
    .action(async (flags: import('./commands/finetune.ts').FinetuneFlags) => {
      if (flags.json !== true && flags.write === undefined) io.out(`${io.palette.bold(`rzero ${RZERO_VERSION}`)}\n`);
      await perform(io, flags, (await import('./commands/finetune.ts')).run);
    });

  program
    .command('ablate')
    .description('play the variants of a recipe with the same seeds and compare them; called again, it goes on')
    .argument('<recipe.toml>', 'e.g. recipes/ablate-arithmetic.toml')
    .option('--seeds <list>', "in the place of the recipe's, e.g. 1,2,3")
    .addOption(set())
    .option('--fresh', 'forget what was played before')
    .option('--markdown', 'print the tables as Markdown')
    .option('--dry-run', 'print what would be played, then stop')
    .addOption(runsDir())
    .addOption(json())
    .action(async (recipe: string, flags: import('./commands/ablate.ts').AblateFlags) =>
      perform(io, flags, (await import('./commands/ablate.ts')).run, recipe),
    );

  program
    .command('export')
    .description('write a model as a Hugging Face folder, in the number format asked for')
    .option('--model <folder|name|run>', 'Hugging Face folder, a name on the hub, or a run (its best iteration)')
    .requiredOption('--out <folder>', 'where to; must not exist')
    .addOption(
      new Option('--dtype <format>', 'of the weights').choices(['float32', 'bfloat16', 'float16']).default('float32'),
    )
    .option(
      '--adapter',
      "of a LoRA run or an adapter: the adapter alone, in PEFT's layout, instead of the merged model",
    )
    .addOption(runsDir())
    .addOption(json())
    .action(async (flags: import('./commands/export.ts').ExportFlags) =>
      perform(io, flags, (await import('./commands/export.ts')).run),
    );

  program
    .command('doctor')
    .description('what this machine can do, what is missing, and what to do about it')
    .option('--model <folder|url>', 'base model to check, or an OpenAI-compatible endpoint')
    .option('--api-key-env <name>', "environment variable that holds the endpoint's key")
    .addOption(json())
    .action(async (flags: import('./commands/doctor.ts').DoctorFlags) =>
      perform(io, flags, (await import('./commands/doctor.ts')).run),
    );

  program
    .command('pretrain')
    .description('make a base model from a recipe (the one that ships was made so)')
    .option('--recipe <file.toml>', 'what to train on what', 'recipes/pretrain-arith-base.toml')
    .addOption(json('print the steps as JSON, one per line'))
    .action(async (flags: import('./commands/pretrain.ts').PretrainFlags) =>
      perform(io, flags, (await import('./commands/pretrain.ts')).run),
    );

  return program;
}

/** Runs a command and keeps its exit code. */
async function perform<Flags>(io: Io, flags: Flags, run: Run<Flags>, argument?: string): Promise<void> {
  process.exitCode = await run(flags, io, argument);
}

function lora(): Option {
  return new Option('--lora', 'train a low-rank adapter over the frozen model (adapt.method=lora)');
}

function set(): Option {
  return new Option('--set <key=value>', 'set any dial of the config, e.g. solver.steps=20 (repeatable)').argParser(
    collect,
  );
}

function runsDir(): Option {
  return new Option('--runs-dir <dir>', 'where runs lie').default(undefined, 'runs');
}

function json(description = 'print a JSON document'): Option {
  return new Option('--json', description);
}

async function main(): Promise<void> {
  const io = processIo();
  try {
    await buildProgram(io).parseAsync();
  } catch (error) {
    const debug = (process.env.DEBUG ?? '').split(',').includes('rzero');
    const failure = describeFailure(error, process.stderr.isTTY ? io.palette : plainPalette, debug);
    io.err(failure.text);
    process.exitCode = failure.exitCode;
  }
}

await main();
