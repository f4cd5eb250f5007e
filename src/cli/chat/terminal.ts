/** Reads the lines of a conversation from the keyboard, or from a pipe. */

import { createInterface } from 'node:readline';
import type { Io } from '../io.ts';
import type { Conversation } from './conversation.ts';
import { completions } from './input.ts';

/** Lines that the arrow keys bring back. */
const REMEMBERED = 500;

/**
 * Talks until the end of the input or `/quit`. On a terminal, Ctrl-C stops an answer; without one, or pressed again, it
 * ends the program.
 */
export async function converse(conversation: Conversation, io: Io): Promise<void> {
  const lines = createInterface({
    input: process.stdin,
    output: io.terminal ? process.stdout : undefined,
    terminal: io.live,
    historySize: REMEMBERED,
    removeHistoryDuplicates: true,
    completer: completions,
  });
  let answering: AbortController | null = null;
  // A terminal in line mode passes Ctrl-C as a key instead of a signal.
  lines.on('SIGINT', () => {
    if (answering !== null && !answering.signal.aborted) answering.abort();
    else process.kill(process.pid, 'SIGINT');
  });
  const invite = (): void => {
    lines.setPrompt(conversation.prompt());
    if (io.terminal) lines.prompt();
  };
  conversation.greet();
  invite();
  for await (const line of lines) {
    answering = new AbortController();
    const goesOn = await conversation.take(line, answering.signal);
    answering = null;
    if (!goesOn) break;
    invite();
  }
  lines.close();
}
