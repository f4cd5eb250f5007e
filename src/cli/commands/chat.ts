/**
 * `rzero chat`: a conversation with a model as Solver or Challenger. The Solver answers each typed question; the
 * Challenger poses one question per turn. `--ask` asks once. Control characters in completions are made visible.
 */

import { completionText } from '../../engine/stop-strings.ts';
import { createInterface } from 'node:readline';
import type { EngineConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import type { SamplingOptions, Sampler } from '../../engine/engine.ts';
import { openEngine } from '../../engine/open-engine.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { ConfigError } from '../../errors.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { deriveSeed } from '../../random.ts';
import { ROLES } from '../../roles.ts';
import type { Role } from '../../types.ts';
import { printJson, printLines, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { clean, cleanLines } from '../render/format.ts';
import type { Palette } from '../render/palette.ts';
import type { ServiceFlags } from '../service/flags.ts';
import { reportWaits } from '../service/waits.ts';
import { configFor, findSubject, openDomainFor } from '../settings.ts';

export interface ChatFlags extends CommonFlags, ServiceFlags {
  model?: string;
  role: Role;
  domain?: string;
  ask?: string;
  temperature?: number;
  seed?: number;
  set?: string[];
}

/** One turn: the completion, and what the domain extracts from it. */
export interface Reply {
  role: Role;
  /** The question to the Solver; null for the Challenger. */
  asked: string | null;
  completion: string;
  /** The Solver's final answer, or the Challenger's question; null if there is none. */
  reading: string | null;
  /** The oracle's answer to the question; null if unknown. */
  truth: string | null;
  tokens: number;
  stop: 'stop' | 'length';
}

type Answer = (asked: string | null) => Promise<Reply>;
type RoleEntry = (typeof ROLES)[number];

/** The entry of the table; `--role` takes no other names. */
function roleOf({ role }: { role: Role }): RoleEntry {
  return ROLES.find(({ name }) => name === role) ?? ROLES[0];
}

export async function run({ ...flags }: ChatFlags, io: Io, model?: string): Promise<number> {
  flags.model ??= model;
  const once = flags.ask !== undefined || flags.json === true;
  const role = roleOf(flags);
  if (once && role.answers && flags.ask === undefined) {
    throw new ConfigError('With --json, the Solver needs a question.', 'Add --ask "Compute 3 + 4."');
  }
  const subject = await findSubject(flags, flags.role, io);
  const config = configFor(subject, flags);
  const domain = await openDomainFor(subject, config, flags);
  const tokenizer = await loadTokenizer(subject.tokenizer, config);
  const engine = await openEngine(oneByOne(config.engine), undefined, reportWaits(io));
  try {
    const sampler = await engine.openSampler(subject.weights);
    const answer = answerer(flags, { domain, tokenizer, sampler }, config[role.section]);
    if (once) await answerOnce(answer, flags, io);
    else await converse(answer, role, subject.name, io);
    await sampler.close();
    return 0;
  } finally {
    await engine.close();
  }
}

/** One reply at a time needs one slot of the engine that this machine runs. */
function oneByOne(engine: EngineConfig): EngineConfig {
  return engine.kind === 'local' ? { ...engine, slots: 1 } : engine;
}

function answerer(
  flags: ChatFlags,
  { domain, tokenizer, sampler }: { domain: Domain; tokenizer: Tokenizer; sampler: Sampler },
  sampling: SamplingOptions,
): Answer {
  const role = roleOf(flags);
  let turn = 0;
  return async (asked) => {
    const messages = domain[role.prompt](asked ?? '');
    const request = {
      prompt: encodePrompt({ tokenizer }, messages),
      n: 1,
      seed: deriveSeed(flags.seed ?? 1, 'chat', turn++),
      ...samplingOptions({ ...sampling, temperature: flags.temperature ?? sampling.temperature }),
      ...tokenizer.ends,
    };
    const [[sampled]] = await sampler.sample([request]);
    const completion = completionText(sampled, tokenizer.decode);
    return {
      role: role.name,
      asked,
      completion,
      ...readingOf(domain, asked, completion),
      tokens: sampled.tokens.length,
      stop: sampled.stop,
    };
  };
}

function readingOf(domain: Domain, asked: string | null, completion: string): Pick<Reply, 'reading' | 'truth'> {
  if (asked !== null) return { reading: domain.extractAnswer(completion), truth: domain.truth?.(asked) ?? null };
  const { text, invalid } = domain.parseQuestion(completion);
  return invalid === null ? { reading: text, truth: domain.truth?.(text) ?? null } : { reading: null, truth: null };
}

async function answerOnce(answer: Answer, flags: ChatFlags, io: Io): Promise<void> {
  const reply = await answer(roleOf(flags).answers ? (flags.ask ?? '') : null);
  if (flags.json === true) printJson(io, reply);
  else printLines(io, replyLines(reply, io.palette));
}

/** The completion, then what the domain extracts from it. */
function replyLines(reply: Reply, palette: Palette): string[] {
  const lines = cleanLines(reply.completion).split('\n');
  const truth = reply.truth === null ? '' : ` · truth ${clean(reply.truth)}`;
  const cut = reply.stop === 'length' ? ' · cut off at the token limit' : '';
  const what = roleOf(reply).answers ? 'answer' : 'question';
  const reading = reply.reading === null ? `no ${what}` : `${what}: ${clean(reply.reading)}`;
  return [...lines, palette.dim(`${reading}${truth}${cut}`)];
}

async function converse(answer: Answer, role: RoleEntry, name: string, io: Io): Promise<void> {
  const hint = role.answers ? 'Type a question' : 'Press Enter for a question';
  printLines(io, [`${clean(name)} as ${role.name}. ${hint}; press Ctrl-D to exit.`]);
  const lines = createInterface({
    input: process.stdin,
    output: io.terminal ? process.stdout : undefined,
    terminal: io.live,
    prompt: '> ',
  });
  // A terminal in line mode passes Ctrl-C as a key instead of a signal.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  if (io.terminal) lines.prompt();
  for await (const line of lines) {
    if (!role.answers || line.trim() !== '') {
      printLines(io, replyLines(await answer(role.answers ? line.trim() : null), io.palette));
    }
    if (io.terminal) lines.prompt();
  }
}
