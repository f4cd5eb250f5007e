/**
 * Records the user code of a run: domain, rewards, graders, benchmarks, engine, judge. The config cannot contain code, so the run
 * stores names and hashes. A resumed run must use the same code.
 */

import { openDomain, type OpenedDomain } from '../../domains/open-domain.ts';
import { ConfigError } from '../../errors.ts';
import { hashImports } from '../../modules.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import { START } from '../cursor.ts';
import { CODE_PARTS, type CodePart } from '../partials.ts';
import { newRunCommand } from '../../store/failures.ts';
import { openRun } from '../../store/sqlite.ts';
import { shellWord } from '../../text/shell.ts';

/**
 * Stores the code parts of a new run. For a run that has started, checks that they are the same.
 * @throws ConfigError if they differ
 */
export function keepOrCheckCode(store: RunStore, parts: readonly CodePart[]): void {
  const kept = keptCode(store);
  if (kept.length > 0 || hasBegun(store)) return checkCode(kept, parts);
  if (parts.length === 0) return;
  store.commit({
    cursor: store.cursor(),
    partials: [partialResult(CODE_PARTS, { iteration: START.iteration, step: 0 }, [...parts])],
  });
}

/** Returns whether a run has committed a step. */
export function hasBegun(store: Pick<RunStore, 'cursor'>): boolean {
  const { iteration, stage, step } = store.cursor();
  return iteration !== START.iteration || stage !== START.stage || step !== START.step;
}

/** Returns the code parts that a run started with; empty without user code. */
export function keptCode(store: Pick<RunStore, 'partials'>): CodePart[] {
  return store.partials(CODE_PARTS, START.iteration).flatMap(({ value }) => value);
}

/** Returns how a run goes on after one of its code parts was corrected, as a sentence for an error. */
export function afterCorrection(store: Pick<RunStore, 'partials' | 'dir'>, part: string): string {
  const path = keptCode(store).find((one) => one.part === part)?.path ?? null;
  return path === null
    ? 'Then resume the run with it, under the same name and version; it continues at this step.'
    : `A run continues only with the file that it started with, so start a new run: \`${newRunCommand(store.dir)}\`.`;
}

/**
 * Checks that all parts that were passed as objects are among the `given` ones. Called before anything is opened.
 * @throws ConfigError if one is missing
 */
export function requireGiven(store: Pick<RunStore, 'partials'>, given: ReadonlySet<string>): void {
  const lacking = keptCode(store).find(({ part, path }) => path === null && !given.has(part));
  if (lacking !== undefined) throw missing(lacking);
}

/**
 * Opens a domain for using a model. `dir` is the run that trained the model in this domain; null for any other domain.
 * @throws ConfigError as `openDomain`, and if the domain's module has changed since the run started
 */
export async function openDomainFrom(dir: string | null, nameOrPath: string): Promise<OpenedDomain> {
  const opened = await openDomain(nameOrPath);
  const { module } = opened;
  if (dir === null || module === null) return opened;
  const store = openRun(dir, { readOnly: true });
  try {
    const before = keptCode(store).find(({ part }) => part === 'domain');
    const now = { part: 'domain', name: opened.domain.name, version: module.hash, path: module.path };
    if (before === undefined || isSame(before, now)) return opened;
    throw new ConfigError(
      `The domain of ${module.path} has changed since the run ${store.meta().id} started.`,
      `Restore the file as it was, or use the changed one: --domain ${shellWord(module.path)}.`,
    );
  } finally {
    store.close();
  }
}

/** Throws ConfigError, with the name of the part, if `now` differs from what the run started with. */
function checkCode(kept: readonly CodePart[], now: readonly CodePart[]): void {
  for (const before of kept) {
    const after = now.find(({ part }) => part === before.part);
    if (after === undefined) throw missing(before);
    if (!isSame(before, after)) throw changed(before, after);
  }
  for (const { part, name } of now) {
    if (UNRECORDED.has(part) || kept.some((before) => before.part === part)) continue;
    throw new ConfigError(
      `This run started without a custom ${part}, but resume received ${name}.`,
      `Resume without ${part}, or start a new run.`,
    );
  }
}

/** Parts that older runs did not record: a run without such a record may have started with one. */
const UNRECORDED: ReadonlySet<string> = new Set(['engine', 'judge']);

function isSame(before: CodePart, after: CodePart): boolean {
  if (before.name !== after.name) return false;
  return before.version === after.version || (after.path !== null && before.version === hashImports(after.path));
}

function missing({ part, name, path }: CodePart): ConfigError {
  if (path !== null) {
    return new ConfigError(
      `This run started with ${part} (${name}) from ${path}, which no longer exports it.`,
      'Restore the file as it was when the run started, or start a new run.',
    );
  }
  return new ConfigError(
    `This run started with ${part} (${name}), which was passed as an object and is not part of the config.`,
    `Resume it from code with the same object: resume(dir, { ${shape(part)} }).`,
  );
}

/** Returns the option that provides a part, as source text. */
function shape(part: string): string {
  const [option, member] = part.split('.', 2);
  if (option === 'tasks') return 'tasks: [task]';
  return member === undefined ? option : `${option}: { ${member} }`;
}

function changed(before: CodePart, after: CodePart): ConfigError {
  if (before.path !== null) {
    return new ConfigError(
      `The ${before.part} of ${before.path} has changed since this run started.`,
      'Restore the file as it was, or start a new run with the changed file.',
    );
  }
  const named = ({ name, version }: CodePart): string => (version === null ? name : `${name}, version ${version}`);
  return new ConfigError(
    `This run started with ${before.part} (${named(before)}), but resume received ${named(after)}.`,
    'Pass the original one, or start a new run.',
  );
}
