/**
 * Judges questions and answers by running their programs. An answer leads to an outcome, and it is right if its outcome
 * is the one that the question's text holds:
 *
 * | task | answer | outcome |
 * |---|---|---|
 * | `predict-output` | a value | that value; nothing is run |
 * | `find-input` | an argument list | what the program returns for it, so any input that gives the output is right |
 * | `find-program` | a program | what it returns for the shown and the hidden inputs |
 */

import type { InvalidReason } from '../../types.ts';
import type { Executor, ParsedQuestion } from '../domain.ts';
import { canonicalArguments, canonicalData } from './literal.ts';
import { type Draft, readPosed } from './read.ts';
import { Sandbox, type SandboxOptions } from './sandbox/sandbox.ts';
import { LIMITS } from './sandbox/verdict.ts';
import { listed, type Pair, readSheet, type Sheet, writeSheet } from './sheet.ts';

/** Opens the executor of the domain `code`. Close it when done. */
export function openCodeExecutor(options: SandboxOptions = {}): Executor {
  const sandbox = new Sandbox(options);
  return {
    async parseQuestion(completion) {
      const draft = readPosed(completion);
      return typeof draft === 'string' ? invalid(draft) : complete(sandbox, draft);
    },
    async outcome(question, answer) {
      const sheet = readSheet(question);
      return sheet === null ? null : outcomeOf(sandbox, sheet, answer);
    },
    close: () => sandbox.close(),
  };
}

/** Computes the outputs of a draft. A program that gives no data, or not the same data twice, makes it invalid. */
async function complete(sandbox: Sandbox, draft: Draft): Promise<ParsedQuestion> {
  const outputs = await sandbox.values(draft.program, draft.inputs);
  if (!Array.isArray(outputs)) return invalid('not-computable');
  const pairs = draft.inputs.map((input, at): Pair => ({ input, output: outputs[at] }));
  const shown = Math.ceil(pairs.length / 2);
  const sheet = { ...draft, shown: pairs.slice(0, shown), hidden: pairs.slice(shown) };
  return { text: writeSheet(sheet), claimed: null, invalid: null };
}

async function outcomeOf(sandbox: Sandbox, sheet: Sheet, answer: string): Promise<string | null> {
  switch (sheet.task) {
    case 'predict-output':
      return canonicalData(answer);
    case 'find-input':
      return outputFor(sandbox, sheet.program, canonicalArguments(answer));
    case 'find-program': {
      const inputs = [...sheet.shown, ...sheet.hidden].map(({ input }) => input);
      const outputs = await sandbox.values(answer, inputs);
      return Array.isArray(outputs) ? listed(outputs) : null;
    }
  }
}

async function outputFor(sandbox: Sandbox, program: string, input: string | null): Promise<string | null> {
  if (input === null || input.length > LIMITS.data) return null;
  const verdict = await sandbox.call(program, input);
  return verdict.kind === 'value' ? verdict.value : null;
}

function invalid(reason: InvalidReason): ParsedQuestion {
  return { text: '', claimed: null, invalid: reason };
}
