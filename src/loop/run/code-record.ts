/**
 * What a run remembers of code that is not rzero's own: an own domain, rewards, graders, benchmarks. The config cannot
 * hold code, so the run keeps names and hashes, and a resumed run must bring the same.
 */

import { ConfigError } from '../../errors.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import { START } from '../cursor.ts';
import { CODE_PARTS, type CodePart } from '../partials.ts';

/** Keeps the parts of a run that has done nothing yet; of one that has, checks that they are the ones it began with. */
export function keepOrCheckCode(store: RunStore, parts: readonly CodePart[]): void {
  const kept = keptCode(store);
  const { iteration, stage, step } = store.cursor();
  const hasBegun = iteration !== START.iteration || stage !== START.stage || step !== START.step;
  if (kept.length > 0 || hasBegun) return checkCode(kept, parts);
  if (parts.length === 0) return;
  store.commit({
    cursor: store.cursor(),
    partials: [partialResult(CODE_PARTS, { iteration: START.iteration, step: 0 }, [...parts])],
  });
}

/** What a run began with; none in a run of rzero's own parts. */
export function keptCode(store: Pick<RunStore, 'partials'>): CodePart[] {
  return store.partials(CODE_PARTS, START.iteration).flatMap(({ value }) => value);
}

/** ConfigError where a run began with a part from code that is not among the `given` ones: asked before anything is opened. */
export function requireGiven(store: Pick<RunStore, 'partials'>, given: ReadonlySet<string>): void {
  const lacking = keptCode(store).find(({ part, path }) => path === null && !given.has(part));
  if (lacking !== undefined) throw missing(lacking);
}

/** ConfigError by name where `now` is not what the run began with. */
function checkCode(kept: readonly CodePart[], now: readonly CodePart[]): void {
  for (const before of kept) {
    const after = now.find(({ part }) => part === before.part);
    if (after === undefined) throw missing(before);
    if (after.version !== before.version || after.name !== before.name) throw changed(before, after);
  }
  for (const { part, name } of now) {
    if (kept.some((before) => before.part === part)) continue;
    throw new ConfigError(
      `This run began without ${part} of its own, and resume was given ${name}.`,
      `Resume it without ${part}, or start a new run.`,
    );
  }
}

function missing({ part, name, path }: CodePart): ConfigError {
  if (path !== null) {
    return new ConfigError(
      `This run began with ${part} (${name}) of ${path}, which no longer has it.`,
      'Put the file back as it was when the run started, or start a new run.',
    );
  }
  return new ConfigError(
    `This run began with ${part} (${name}) given in code, which a config cannot hold.`,
    `Resume it from code with the same: resume(dir, { ${shape(part)} }).`,
  );
}

/** The option that brings a part, as one writes it. */
function shape(part: string): string {
  const [option, member] = part.split('.', 2);
  if (option === 'tasks') return 'tasks: [task]';
  return member === undefined ? option : `${option}: { ${member} }`;
}

function changed(before: CodePart, after: CodePart): ConfigError {
  if (before.path !== null) {
    return new ConfigError(
      `The ${before.part} of ${before.path} has changed since this run started.`,
      'Put the file back as it was, or start a new run with the changed one.',
    );
  }
  const named = ({ name, version }: CodePart): string => (version === null ? name : `${name}, version ${version}`);
  return new ConfigError(
    `This run began with ${before.part} (${named(before)}), and resume was given ${named(after)}.`,
    'Give the one that it began with, or start a new run.',
  );
}
