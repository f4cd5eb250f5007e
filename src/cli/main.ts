#!/usr/bin/env node
/**
 * START HERE for the command line. This file only declares the commands and their options. The commands themselves
 * are in `commands/` and are loaded when called, so that the program starts fast. Output formats are in `render/`.
 * Everything that a command computes is also available from the library.
 */

import { Argument, Command, Option } from 'commander';
import { MEASURED, ROLES } from '../roles.ts';
import { RUN_STATES } from '../store/select-runs.ts';
import { RZERO_VERSION } from '../store/version.ts';
import { type Shell, SHELLS } from './completion/scripts.ts';
import { processIo, type Io } from './io.ts';
import { amount, collect, integer, once, type CommonFlags } from './options.ts';
import { describeFailure } from './report-error.ts';
import { jsonLine } from './report-json-error.ts';
import { plainPalette } from './render/palette.ts';
import { listenForSignals } from './signals.ts';
import { listenForUncaught } from './uncaught.ts';

/** Devices that need no measurement. */
const FIXED_DEVICES: readonly string[] = ['cpu', 'webgpu'];

/** The `run` function that each file of `commands/` exports. It returns the exit code. */
export type Run<Flags> = (flags: Flags, io: Io, argument?: string) => Promise<number>;

function buildProgram(io: Io): Command {
  const program = new Command('rzero')
    .description('A language model that improves itself without labelled data (R-Zero).')
    .version(RZERO_VERSION)
    .exitOverride()
    .configureOutput(wantsJson() ? { writeErr: () => {} } : {})
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      '\nFirst steps:\n  rzero doctor      check this machine\n  rzero evolve      evolve the model that ships with rzero, in minutes',
    );

  program
    .command('evolve')
    .description('evolve a model: train Challenger and Solver in turn and evaluate each iteration')
    .option(
      '--model <model>',
      'base model: Hugging Face folder, hub name, run or RUN@ITERATION (default: the shipped base)',
    )
    .option('--domain <name|module>', 'task domain: arithmetic, math, code or ./mine.mjs')
    .option('--iterations <n>', 'number of iterations; each trains both roles once', integer(1))
    .option('--scale <name>', 'size preset: tiny, small or paper')
    .option('--seed <n>', 'seed for all randomness', integer(0))
    .addOption(engine())
    .addOption(device())
    .addOption(url())
    .addOption(tokenizer())
    .option('--challenger-url <url>', 'service that trains the Challenger, if each service trains one model')
    .option('--solver-url <url>', 'service that trains the Solver')
    .option('--reference-url <url>', 'service with the reference model of the KL term')
    .addOption(lora())
    .addOption(set())
    .addOption(configFile())
    .option('--judge <url>', 'OpenAI-compatible endpoint that judges a sample of the labels (audit.judge.*)')
    .option('--dry-run', 'print the resolved config and a forecast of time and memory, then exit')
    .addOption(runsDir())
    .addOption(quiet())
    .addOption(verbose())
    .addOption(page())
    .addOption(noPage())
    .addOption(logFile())
    .addOption(json('print events as JSON, one per line'))
    .addHelpText(
      'after',
      '\nExamples:\n  rzero evolve\n  rzero evolve --scale tiny --iterations 1\n  rzero evolve --model Qwen/Qwen3-0.6B-Base --domain math --dry-run\n  rzero evolve --set solver.learningRate=1e-4 --set challenger.train=false\n  rzero evolve --url http://localhost:8000 --model Qwen/Qwen3-8B-Base --dry-run',
    )
    .action(async (flags: import('./commands/evolve.ts').EvolveFlags) => {
      printName(io, flags);
      await perform(io, flags, (await import('./commands/evolve.ts')).run);
    });

  program
    .command('resume')
    .description('continue a run that was stopped or killed, or add iterations (default: the newest)')
    .argument('[run]', 'run id, unique prefix of an id, or folder')
    .option('--iterations <n>', 'new number of iterations; a finished run goes on', integer(1))
    .addOption(
      device(FIXED_DEVICES, 'continue on this device instead of that of the run; numbers then differ slightly'),
    )
    .option('--budget-tokens <n>', 'new limit of tokens that the run may use of its service; 0 = none', integer(0))
    .option('--budget-cost <amount>', 'new limit of what the run may cost; 0 = none', amount)
    .option('--url <url>', 'new address of the service')
    .option('--challenger-url <url>', 'new address of the service that trains the Challenger')
    .option('--solver-url <url>', 'new address of the service that trains the Solver')
    .option('--reference-url <url>', 'new address of the service with the reference model')
    .addOption(runsDir())
    .addOption(quiet())
    .addOption(verbose())
    .addOption(page())
    .addOption(noPage())
    .addOption(logFile())
    .addOption(json('print events as JSON, one per line'))
    .addHelpText(
      'after',
      '\nExamples:\n  rzero resume\n  rzero resume 2026-11-30-arith-base-01\n  rzero resume RUN --iterations 5',
    )
    .action(async (run: string | undefined, flags: import('./commands/resume.ts').ResumeFlags) =>
      perform(io, flags, (await import('./commands/resume.ts')).run, run),
    );

  program
    .command('runs')
    .description('list runs, or delete runs and weights that are no longer needed')
    .argument('[text]', 'only runs whose id, model or domain contains this')
    .addOption(new Option('--state <state>', 'only runs in this state').choices(RUN_STATES))
    .option('--domain <name>', 'only runs of this domain')
    .option('--model <text>', 'only runs of a model whose name contains this')
    .addOption(new Option('--delete <run>', 'delete a run and all its files (repeatable)').argParser(collect))
    .option('--prune [run]', 'delete weights of earlier iterations; keeps best/ and the last ones')
    .option('--dry-run', 'only print what --delete or --prune would delete')
    .option('--yes', 'delete without a question')
    .addOption(runsDir())
    .addOption(json())
    .addHelpText(
      'after',
      '\nExamples:\n  rzero runs\n  rzero runs arith --state finished\n  rzero runs --prune --dry-run\n  rzero runs --delete RUN --yes',
    )
    .action(async (text: string | undefined, flags: import('./commands/runs.ts').RunsFlags) =>
      perform(io, flags, (await import('./commands/runs.ts')).run, text),
    );

  program
    .command('show')
    .description('show a run: scores, dropped questions, labels, samples (default: the newest)')
    .argument('[run]', 'run id, unique prefix of an id, or folder')
    .addOption(runsDir())
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  rzero show\n  rzero show RUN --json')
    .action(async (run: string | undefined, flags: CommonFlags) =>
      perform(io, flags, (await import('./commands/show.ts')).run, run),
    );

  program
    .command('query')
    .description('ask the database of a run with SQL; it can only read (default: the newest run)')
    .argument('[run]', 'run id, unique prefix of an id, or folder')
    .argument('[sql]', 'one SELECT statement')
    .option('--tables', 'list the tables and their columns')
    .option('--rows <n>', 'maximum number of rows', integer(1), 1000)
    .option('--timeout <seconds>', 'time after which the query is stopped', integer(1), 10)
    .option('--csv', 'print the rows as CSV')
    .addOption(runsDir())
    .addOption(json('print the rows as JSON'))
    .addHelpText(
      'after',
      '\nExamples:\n  rzero query --tables\n  rzero query "SELECT iteration, mean FROM evaluations"\n  rzero query RUN "SELECT text FROM questions" --csv',
    )
    .action(async (run: string | undefined, sql: string | undefined, flags: import('./query/query.ts').QueryFlags) =>
      perform(io, { ...flags, sql }, (await import('./query/query.ts')).run, run),
    );

  program
    .command('eval')
    .description('evaluate a model on held-out questions or benchmarks')
    .option(
      '--model <model>',
      'Hugging Face folder, hub name, run (its best iteration), RUN@ITERATION, or URL',
      once('Compare two models with --baseline.'),
    )
    .option('--domain <name|module>', 'task domain: arithmetic, math, code or ./mine.mjs')
    .option('--questions <n>', 'number of held-out questions', integer(1))
    .option('--samples <k>', 'sampled answers per held-out question', integer(1))
    .option(
      '--tasks <list>',
      'benchmarks: gsm8k,math500,… or a group: math, general, paper, all',
      once('Separate names by commas.'),
    )
    .option(
      '--task <file|module>',
      'own benchmark: .jsonl, .json, .csv, .tsv, .parquet or ./my-task.mjs',
      once('Evaluate each file with a command of its own.'),
    )
    .option('--question <column>', 'column with the questions of --task (default: question, or its usual names)')
    .option('--answer <column>', 'column with the answers of --task (default: answer, or its usual names)')
    .option('--choices <column>', 'column with lists of choices, or several columns: A,B,C,D')
    .addOption(
      new Option('--grading <how>', 'how answers to --task without choices are compared').choices(['math', 'text']),
    )
    .option('--data-dir <folder>', 'folder of benchmark files (default: $RZERO_DATA, otherwise the hub)')
    .option('--k <n>', 'sampled answers per benchmark question', integer(0))
    .option('--limit <n>', 'maximum number of questions per benchmark', integer(1))
    .option('--max-tokens <n>', 'maximum new tokens per answer (default: 4096; general tasks: 8192)', integer(1))
    .option('--temperature <t>', 'temperature of sampled answers (default: 1)', Number)
    .option('--baseline <model|folder>', 'compare with another model or an existing evaluation')
    .option('--judge <model>', 'model that reviews answers graded as wrong or undecided')
    .option('--out <folder>', 'evaluation folder to write or read')
    .option('--rescore', 'grade the stored answers again, without a model')
    .option('--fresh', 'ask all questions of the tasks again, instead of using stored answers')
    .option('--html <file>', 'also write the report as a single page')
    .option('--model-card [file]', 'print the model-index block for a model card, or write it to a file')
    .option('--api-key-env <name>', "environment variable with the endpoint's API key")
    .option('--judge-api-key-env <name>', "environment variable with the judge's API key, if on another host")
    .option('--concurrency <n>', 'concurrent requests per endpoint (default: 8)', integer(1))
    .option('--token-budget <n>', 'stop cleanly when endpoints have used this many tokens', integer(1))
    .option('--seed <n>', 'sampling seed', integer(0))
    .addOption(engine())
    .addOption(device())
    .addOption(url())
    .addOption(tokenizer())
    .addOption(set())
    .addOption(runsDir())
    .addOption(json())
    .addHelpText(
      'after',
      '\nExamples:\n  rzero eval\n  rzero eval --model ./Qwen3-0.6B --tasks math --data-dir ./data\n  rzero eval --model RUN@3 --baseline RUN@0 --tasks gsm8k --k 8\n  rzero eval --model ./Qwen3-0.6B --task mine.csv --question q --answer a\n  rzero eval --model http://localhost:8000/v1 --tasks gsm8k --token-budget 50000\n  rzero eval --out evaluations/FOLDER --html report.html --model-card',
    )
    .action(async (flags: import('./commands/eval.ts').EvalFlags) =>
      perform(io, flags, (await import('./commands/eval.ts')).run),
    );

  program
    .command('chat')
    .description('chat with a model as Solver or Challenger')
    .argument('[model]', 'run (its best iteration), RUN@ITERATION, Hugging Face folder or hub name')
    .option('--model <model>', 'the same as the argument')
    .addOption(
      new Option('--role <role>', 'role of the model').choices(ROLES.map(({ name }) => name)).default(MEASURED),
    )
    .option('--domain <name|module>', 'task domain: arithmetic, math, code or ./mine.mjs')
    .option('--ask <question>', 'ask one question and exit')
    .option('--temperature <t>', 'sampling temperature (0 = greedy)', Number)
    .option('--seed <n>', 'sampling seed', integer(0))
    .addOption(engine())
    .addOption(device())
    .addOption(url())
    .addOption(tokenizer())
    .addOption(set())
    .addOption(runsDir())
    .addOption(json())
    .addHelpText(
      'after',
      "\nExamples:\n  rzero chat\n  rzero chat --ask 'Compute 3 + 4.'\n  rzero chat RUN --role challenger",
    )
    .action(async (model: string | undefined, flags: import('./commands/chat.ts').ChatFlags) =>
      perform(io, flags, (await import('./commands/chat.ts')).run, model),
    );

  program
    .command('finetune')
    .description('train a Solver on labelled data and evaluate it before and after')
    .option(
      '--data <file|n>',
      'JSONL, JSON, CSV or Parquet file with questions and answers, or a number of questions to generate',
    )
    .option('--question <column>', 'column with the questions (default: question)')
    .option('--answer <column>', 'column with the answers (default: answer)')
    .option('--held-out <n>', 'number of rows to hold out for evaluation', integer(0))
    .option('--write <file.jsonl>', 'write the data to a file and exit')
    .addOption(overwrite('replace the file of --write'))
    .option('--model <model>', 'start from a Hugging Face folder, hub name, run (its best Solver) or RUN@ITERATION')
    .option('--domain <name|module>', 'task domain: arithmetic, math, code or ./mine.mjs')
    .option('--scale <name>', 'size preset: tiny, small or paper')
    .option('--seed <n>', 'seed for all randomness', integer(0))
    .addOption(engine())
    .addOption(device())
    .addOption(url())
    .addOption(tokenizer())
    .option('--solver-url <url>', 'service that trains the Solver, if it is not that of --url')
    .addOption(lora())
    .addOption(set())
    .addOption(configFile())
    .addOption(runsDir())
    .addOption(quiet())
    .addOption(verbose())
    .addOption(page())
    .addOption(noPage())
    .addOption(logFile())
    .addOption(json('print events as JSON, one per line'))
    .addHelpText(
      'after',
      '\nExamples:\n  rzero finetune --data 500\n  rzero finetune --data gsm8k.jsonl --model latest --domain math --held-out 200\n  rzero finetune --data 500 --write labelled.jsonl',
    )
    .action(async (flags: import('./commands/finetune.ts').FinetuneFlags) => {
      if (flags.write === undefined) printName(io, flags);
      await perform(io, flags, (await import('./commands/finetune.ts')).run);
    });

  program
    .command('ablate')
    .description('run the variants of an ablation plan with shared seeds and compare them; run again to continue')
    .argument('<plan.toml>', 'plan file, e.g. recipes/ablate-arithmetic.toml')
    .option('--seeds <list>', "seeds to use instead of the plan's, e.g. 1,2,3")
    .addOption(device(FIXED_DEVICES))
    .addOption(set())
    .option('--fresh', 'discard earlier runs of the plan')
    .option('--markdown', 'print the tables as Markdown')
    .option('--dry-run', 'print the variants and their settings, then exit')
    .addOption(runsDir())
    .addOption(json())
    .addHelpText(
      'after',
      '\nExamples:\n  rzero ablate recipes/ablate-arithmetic.toml --dry-run\n  rzero ablate recipes/ablate-arithmetic.toml --seeds 1,2,3 --markdown',
    )
    .action(async (plan: string, flags: import('./commands/ablate.ts').AblateFlags) =>
      perform(io, flags, (await import('./commands/ablate.ts')).run, plan),
    );

  program
    .command('export')
    .description("export a run's model, questions or metrics (default: a Hugging Face folder of the newest run)")
    .argument('[run]', 'run (its best iteration), RUN@ITERATION, Hugging Face folder or hub name')
    .option('--model <model>', 'the same as the argument')
    .option('--out <path>', 'folder or file to write (default: the name of the run, in the working directory)')
    .addOption(overwrite('replace an earlier export at the target'))
    .option('--hf', 'the model as a Hugging Face folder with its card')
    .option('--adapter', "only the LoRA adapter, in PEFT's layout")
    .option('--gguf', 'the model as a GGUF file for llama.cpp')
    .option('--data', 'questions, attempts and rollouts as a dataset: Parquet and JSON lines')
    .option('--csv', 'metrics and held-out scores as CSV')
    .option('--tensorboard', 'metrics as a TensorBoard event file')
    .option('--trackio', 'metrics as a trackio database')
    .option('--html', 'the page about the run as one file')
    .addOption(
      new Option('--dtype <format>', 'number format of the weights; q8_0 only with --gguf')
        .choices(['float32', 'bfloat16', 'float16', 'q8_0'])
        .default('float32'),
    )
    .option('--push <owner/name>', 'also upload it to the Hugging Face hub, to a private repository')
    .option('--public', 'with --push: to a public repository')
    .option('--url <url>', "new address of the run's service")
    .addOption(runsDir())
    .addOption(json())
    .addHelpText(
      'after',
      '\nExamples:\n  rzero export RUN\n  rzero export RUN@2 --dtype bfloat16 --out ./second\n  rzero export --html RUN\n  rzero export RUN --data --push me/my-questions',
    )
    .action(async (run: string | undefined, flags: import('./commands/export.ts').ExportFlags) =>
      perform(io, flags, (await import('./commands/export.ts')).run, run),
    );

  program
    .command('serve')
    .description('serve the page about the runs of a folder, or a model over the Tinker wire')
    .option('--tinker', 'serve a model over the Tinker wire: sampling, training and checkpoints')
    .addOption(
      new Option(
        '--model <model>',
        'Hugging Face folder, hub name, run (its best iteration) or RUN@ITERATION',
      ).argParser(collect),
    )
    .option('--name <name>', "with --tinker: name of the model for clients (default: the hub name, or the folder's)")
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, this machine only)')
    .option('--port <n>', 'port to listen on; 0 picks a free one (default: 4747, or 8000 with --tinker)', integer(0))
    .option('--key <key>', 'key that clients must send (default: $RZERO_SERVE_KEY); needed with --host')
    .addOption(
      new Option('--allow-host <name>', 'host name under which clients reach the server (repeatable)').argParser(
        collect,
      ),
    )
    .option('--control', 'let the page stop, continue, start and delete runs')
    .option('--checkpoints <folder>', 'with --tinker: folder of checkpoints (default: served/NAME in the runs folder)')
    .option(
      '--session-timeout <seconds>',
      'with --tinker: seconds without a sign of life until a session ends (default: 3600)',
      integer(1),
    )
    .option('--max-models <n>', 'with --tinker: models trained at the same time (default: 32)', integer(1))
    .addOption(device())
    .addOption(set())
    .addOption(runsDir())
    .addOption(json('print the address as JSON'))
    .addHelpText(
      'after',
      '\nExamples:\n  rzero serve\n  rzero serve --port 8080 --control\n  RZERO_SERVE_KEY=… rzero serve --host 0.0.0.0 --allow-host gpu\n  rzero serve --tinker --model ./Qwen3-0.6B --port 8001',
    )
    .action(async (flags: import('./commands/serve.ts').ServeFlags) =>
      perform(io, flags, (await import('./commands/serve.ts')).run),
    );

  program
    .command('doctor')
    .description('check this machine and suggest a fix for each problem')
    .option(
      '--model <model>',
      'model to check: Hugging Face folder, hub name, run, RUN@ITERATION, or URL of an endpoint',
    )
    .option('--domain <name|module>', 'task domain whose prompts are checked')
    .option('--scale <name>', 'size preset of the run to check: tiny, small or paper')
    .addOption(engine())
    .addOption(device())
    .addOption(url())
    .addOption(tokenizer())
    .option('--probe', 'also try out how the service samples and trains, with about a hundred small requests')
    .addOption(lora())
    .option('--api-key-env <name>', "environment variable with the endpoint's API key")
    .addOption(set())
    .addOption(configFile())
    .addOption(runsDir())
    .addOption(json())
    .addHelpText(
      'after',
      '\nExamples:\n  rzero doctor\n  rzero doctor --model FOLDER --config math-small\n  rzero doctor --model http://localhost:8000/v1\n  rzero doctor --url http://localhost:8000 --model Qwen/Qwen3-8B-Base --probe',
    )
    .action(async (flags: import('./commands/doctor.ts').DoctorFlags) =>
      perform(io, flags, (await import('./commands/doctor.ts')).run),
    );

  program
    .command('pretrain')
    .description('create a base model from a pretraining recipe, as the shipped one was')
    .option('--recipe <file.toml>', 'pretraining recipe', 'recipes/pretrain-arith-base.toml')
    .option('--out <folder>', "target folder (default: the recipe's)")
    .addOption(overwrite('replace a model in the target folder'))
    .addOption(device(FIXED_DEVICES))
    .addOption(json('print steps as JSON, one per line'))
    .addHelpText(
      'after',
      '\nExamples:\n  rzero pretrain --out ./my-base\n  rzero pretrain --recipe mine.toml --overwrite',
    )
    .action(async (flags: import('./commands/pretrain.ts').PretrainFlags) =>
      perform(io, flags, (await import('./commands/pretrain.ts')).run),
    );

  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(rzero completion bash)\n  source <(rzero completion zsh)\n  rzero completion fish | source',
    )
    .action(async (shell: Shell) => {
      process.exitCode = (await import('./commands/completion.ts')).printCompletion(program, shell, io);
    });

  return program;
}

function printName(io: Io, { json, quiet }: { json?: boolean; quiet?: boolean }): void {
  if (json !== true && quiet !== true) io.out(`${io.palette.bold(`rzero ${RZERO_VERSION}`)}\n`);
}

/** Whether the command was given `--json`. It must be known before the options are parsed, because parsing can fail. */
function wantsJson(): boolean {
  return process.argv.includes('--json');
}

/** Runs a command and sets the exit code of the process. */
async function perform<Flags>(io: Io, flags: Flags, run: Run<Flags>, argument?: string): Promise<void> {
  const code = await run(flags, io, argument);
  // While Node takes itself down, another signal would end the process by its default action, without the exit code.
  if (code > 128) process.exit(code);
  process.exitCode = code;
}

function engine(): Option {
  return new Option('--engine <kind|file>', 'engine: local, tinker (a service), or your own module (./engine.js)');
}

function device(
  choices: readonly string[] = ['auto', ...FIXED_DEVICES],
  description = 'where models run: on the processor, or on a GPU through WebGPU; auto measures both',
): Option {
  return new Option('--device <name>', description).choices(choices);
}

function url(): Option {
  return new Option('--url <url>', 'address of the service (default: $TINKER_BASE_URL, otherwise the hosted service)');
}

function tokenizer(): Option {
  return new Option('--tokenizer <folder|name>', "tokenizer of the service's model (default: that of --model)");
}

function lora(): Option {
  return new Option('--lora', 'train a LoRA adapter over the frozen model (adapt.method=lora)');
}

function set(): Option {
  return new Option('--set <key=value>', 'override any setting, e.g. solver.steps=20 (repeatable)').argParser(collect);
}

function configFile(): Option {
  return new Option(
    '--config <file.toml>',
    'read settings from a file or preset (paper, repo, modern); later ones take precedence (repeatable)',
  ).argParser(collect);
}

function runsDir(): Option {
  return new Option('--runs-dir <dir>', 'folder of runs (default: runs)');
}

function quiet(): Option {
  return new Option('--quiet', 'print only warnings and the result');
}

function page(): Option {
  return new Option('--page', 'serve the page also with --json or --quiet');
}

function noPage(): Option {
  return new Option('--no-page', 'serve no page while the run goes on');
}

function verbose(): Option {
  return new Option('--verbose', 'print all numbers of each step and of the result');
}

function logFile(): Option {
  return new Option('--log-file <file>', 'also append the lines of the run, with all numbers, to a file');
}

function overwrite(description: string): Option {
  return new Option('--overwrite', description);
}

function json(description = 'print the result as JSON'): Option {
  return new Option('--json', description);
}

async function main(): Promise<void> {
  const io = processIo();
  listenForSignals();
  listenForUncaught((error) => process.exit(report(error, io)));
  try {
    await buildProgram(io).parseAsync();
  } catch (error) {
    process.exitCode = report(error, io);
  }
}

/** Prints an error and returns the exit code. */
function report(error: unknown, io: Io): number {
  const debug = (process.env.DEBUG ?? '').split(',').includes('rzero');
  const failure = describeFailure(error, process.stderr.isTTY ? io.palette : plainPalette, debug, io);
  io.err(wantsJson() ? jsonLine(error, failure.exitCode, io) : failure.text);
  return failure.exitCode;
}

await main();
