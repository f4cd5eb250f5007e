/**
 * `rzero chat`: a conversation with a model as Solver or Challenger. The Solver answers each typed question; the
 * Challenger poses one question per turn. `--ask` asks once. Control characters in completions are made visible.
 * The conversation itself is in `../chat/`.
 */

import { ConfigError } from '../../errors.ts';
import type { Role } from '../../types.ts';
import { openConversation } from '../chat/conversation.ts';
import { readingLine } from '../chat/lines.ts';
import { converse } from '../chat/terminal.ts';
import { ask, roleNamed } from '../chat/voice.ts';
import { type VoiceFlags, type Voices, voicesOf } from '../chat/voices.ts';
import { printJson, printLines, type Io } from '../io.ts';
import { cleanPart } from '../render/format.ts';

export interface ChatFlags extends VoiceFlags {
  role: Role;
  ask?: string;
  temperature?: number;
  seed?: number;
}

const SEED = 1;

/** `model` is the argument of the command, the same as `--model`. Throws ConfigError if there is nothing to answer. */
export async function run(flags: ChatFlags, io: Io, model?: string): Promise<number> {
  const { role, seed = SEED, temperature } = flags;
  const once = flags.ask !== undefined || flags.json === true;
  if (once && roleNamed(role).answers && flags.ask === undefined) {
    throw new ConfigError('With --json, the Solver needs a question.', 'Add --ask "Compute 3 + 4."');
  }
  const voices = voicesOf({ ...flags, model: flags.model ?? model }, io);
  try {
    if (once) await answerOnce(voices, flags, io);
    else await converse(await openConversation(voices, { role, temperature, seed }, io), io);
    return 0;
  } finally {
    await voices.close();
  }
}

async function answerOnce(voices: Voices, flags: ChatFlags, io: Io): Promise<void> {
  const { json, temperature, seed = SEED } = flags;
  const voice = await voices.open(flags.role);
  let printed = '';
  const onText = (text: string): void => {
    io.out(cleanPart(text));
    printed += text;
  };
  const asked = voice.role.answers ? (flags.ask ?? '') : null;
  const options = { temperature, seed, turn: 0 };
  const { replies } = await ask(voice, asked, json === true ? options : { ...options, onText });
  if (json === true) {
    printJson(io, replies[0]);
    return;
  }
  if (!printed.endsWith('\n')) io.out('\n');
  printLines(io, [readingLine(replies[0], io.palette)]);
}
