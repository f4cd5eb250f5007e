/**
 * A conversation with the models of a run: who speaks, what was said, and what each line of the user does. It prints
 * through `Io` and knows no keyboard: that is `terminal.ts`.
 */

import { createGrader } from '../../answers/grader.ts';
import { EngineError, RzeroError } from '../../errors.ts';
import { domainOfFolder } from '../../generate/model-domain.ts';
import { tallyAttempts } from '../../loop/pool/tally.ts';
import { findModel } from '../../models/hub/find-model.ts';
import { MEASURED } from '../../roles.ts';
import type { Role } from '../../types.ts';
import { printLines, textColumns, type Io } from '../io.ts';
import { cleanLines, cleanPart, wrap } from '../render/format.ts';
import { type Input, readInput } from './input.ts';
import { helpLines, historyLines, readingLine, speakerLine, voteLines } from './lines.ts';
import type { Turn } from './turns.ts';
import { ask, type Answered, type AskOptions, type Voice } from './voice.ts';
import type { Voices } from './voices.ts';

export interface ConversationOptions {
  role: Role;
  temperature?: number;
  seed: number;
}

export interface Conversation {
  /** Says who speaks and what can be done. */
  greet(): void;
  /** Does what a line asks for; false at the end of the conversation. `signal` stops an answer. */
  take(line: string, signal: AbortSignal): Promise<boolean>;
  /** What stands before the user's line. */
  prompt(): string;
}

/** Opens the first voice. Throws what opening it throws; later errors of the user are printed. */
export async function openConversation(
  voices: Voices,
  { role, temperature, seed }: ConversationOptions,
  io: Io,
): Promise<Conversation> {
  let voice = await voices.open(role);
  let iteration: number | null | undefined;
  let isKept = await takesTurns(voice);
  let history: Turn[] = [];
  let last: string | null = null;
  let turn = 0;
  const say = (...lines: string[]): void => printLines(io, lines);
  const sayWrapped = (text: string): void => say(...wrap(text, textColumns(io)).map((line) => io.palette.dim(line)));

  const asking = (more: Partial<AskOptions>): AskOptions => ({ temperature, seed, turn: turn++, ...more });

  const answer = async (question: string | null, signal: AbortSignal): Promise<void> => {
    let printed = '';
    const onText = (text: string): void => {
      io.out(cleanPart(text));
      printed += text;
    };
    const answered = await stoppable(() =>
      ask(voice, question, asking({ history: isKept ? history : [], signal, onText })),
    );
    if (printed !== '' && !printed.endsWith('\n')) io.out('\n');
    if (answered === null) return say(io.palette.dim('stopped'));
    const [reply] = answered.replies;
    say(readingLine(reply, io.palette));
    if (question === null) return;
    if (isKept && answered.turns < history.length) {
      sayWrapped(`(${history.length - answered.turns} earlier turns did not fit into the prompt.)`);
    }
    last = question;
    history = [...history, { question, answer: reply.completion }];
  };

  const vote = async (count: number, question: string | null, signal: AbortSignal): Promise<void> => {
    if (question === null) return say('Ask a question first, or give one: /votes 10 Compute 3 + 4.');
    const answered = await stoppable(() => ask(voice, question, asking({ n: count, votes: true, signal })));
    if (answered === null) return say(io.palette.dim('stopped'));
    last = question;
    const grader = createGrader({ equal: voice.domain.equal });
    try {
      const attempts = answered.replies.map(({ reading }) => ({ vote: reading, boxed: reading !== null }));
      const tally = await tallyAttempts(grader, attempts, voice.config.votes);
      say(...voteLines(tally, answered.replies[0].truth, io.palette, textColumns(io)));
    } finally {
      await grader.close();
    }
  };

  /** Another model. What was said is forgotten, since another model said it. */
  const turnTo = async (next: Role, at: number | null | undefined): Promise<void> => {
    voice = await voices.open(next, at);
    iteration = at;
    isKept = await takesTurns(voice);
    history = [];
    say(...speakerLine(voice, textColumns(io)));
  };

  const obey = async (input: Input, signal: AbortSignal): Promise<boolean> => {
    switch (input.kind) {
      case 'quit':
        return false;
      case 'nothing':
        if (!voice.role.answers) await answer(null, signal);
        break;
      case 'question':
        if (voice.role.answers) await answer(input.text, signal);
        else await answer(null, signal);
        break;
      case 'iteration':
        await turnTo(voice.role.name, input.iteration);
        break;
      case 'role':
        await turnTo(input.role, iteration);
        break;
      case 'votes':
        if (voice.role.answers) await vote(input.count, input.question ?? last, signal);
        else say('The Challenger poses questions and does not answer; /solver first.');
        break;
      case 'clear':
        history = [];
        last = null;
        break;
      case 'history':
        isKept = input.keep ?? isKept;
        say(...historyLines(history, isKept, io.palette, textColumns(io)));
        break;
      case 'help':
        say(...helpLines(textColumns(io)));
        break;
      case 'wrong':
        say(input.message);
    }
    return true;
  };

  return {
    greet() {
      const hint = voice.role.answers ? 'Type a question' : 'Press Enter for a question';
      say(...speakerLine(voice, textColumns(io)));
      sayWrapped(`${hint}; /help lists the commands, and Ctrl-D leaves.`);
    },
    async take(line, signal) {
      try {
        return await obey(readInput(line), signal);
      } catch (error) {
        // A conversation goes on after a mistake of the user, e.g. an iteration that does not exist.
        if (!(error instanceof RzeroError)) throw error;
        io.err(`${cleanLines(error.message)}\n`);
        return true;
      }
    },
    prompt: () => `${placeName(iteration)}${voice.role.name}> `,
  };
}

function placeName(iteration: number | null | undefined): string {
  if (iteration === undefined || iteration === null) return '';
  return iteration === 0 ? 'base ' : `iteration ${iteration} `;
}

/**
 * Whether earlier turns are passed without being asked for. A base that records its domain was trained on single
 * questions: with earlier turns it answers far worse.
 */
async function takesTurns({ config, role, subject }: Voice): Promise<boolean> {
  if (!role.answers || role.name !== MEASURED) return false;
  const folder = config.engine.kind === 'tinker' ? null : findModel(config.model);
  if (subject.runDir === null) return subject.domain === null;
  return folder === null || (await domainOfFolder(folder)) === null;
}

/** The result; null if the work was stopped. */
async function stoppable(work: () => Promise<Answered>): Promise<Answered | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'aborted') return null;
    throw error;
  }
}
