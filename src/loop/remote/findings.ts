/**
 * What an engine found out about its service: stored with the run, reported once, and compared when the run goes on. The
 * engine decides what to do about a finding; this file only keeps and shows it.
 */

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Emit } from '../../events.ts';
import { type PartialKind, partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';

/** Properties of a service, as JSON. The text `summary`, if there is one, says them in a sentence. */
export type Findings = Record<string, unknown>;

/** Stored in iteration 0, one per session that found something else. */
export const SERVICE_FINDINGS: PartialKind<Findings> = {
  name: 'service',
  schema: z.record(z.string(), z.unknown()),
};

/** Returns the newest findings of a run; null if its engine found none. */
export function keptFindings(store: Pick<RunStore, 'partials'>): Findings | null {
  return store.partials(SERVICE_FINDINGS, 0).at(-1)?.value ?? null;
}

/** Stores and reports the findings, and what differs from those of the run's earlier sessions. */
export function keepFindings(store: RunStore, findings: Findings, service: string, emit: Emit): void {
  const all = store.partials(SERVICE_FINDINGS, 0);
  const before = all.at(-1)?.value ?? null;
  const changes = before === null ? [] : changesOf(before, findings);
  if (before === null || changes.length > 0) {
    const partial = partialResult(SERVICE_FINDINGS, { iteration: 0, step: all.length }, findings);
    store.commit({ cursor: store.cursor(), partials: [partial] });
  }
  emit({ type: 'service', service, message: describeFindings(findings), findings });
  if (changes.length === 0) return;
  const message = `The service behaves differently than in the run's last session: ${changes.join('; ')}. The steps before and after may not be comparable.`;
  emit({ type: 'warning', message });
}

/** Says the findings in one sentence. */
export function describeFindings(findings: Findings): string {
  if (typeof findings.summary === 'string') return findings.summary;
  return leavesOf(findings)
    .map(([name, value]) => `${name} ${shown(value)}`)
    .join(', ');
}

/**
 * Returns the properties that differ, e.g. `snapshots: immutable → latest`. Numbers are measurements that vary from one
 * session to the next, and the summary repeats the others, so neither is compared. Services are compared in order,
 * because a service may have another address now.
 */
export function changesOf(before: Findings, now: Findings): string[] {
  const [old, current] = [servicesIn(before), servicesIn(now)];
  const most = Math.max(old.length, current.length);
  return Array.from({ length: most }, (_, at) => differences(old[at] ?? {}, current[at] ?? {})).flat();
}

function differences(before: unknown, now: unknown): string[] {
  const [old, current] = [before, now].map((one) => new Map(leavesOf(one).filter(isProperty)));
  const names = new Set([...old.keys(), ...current.keys()]);
  return [...names].flatMap((name) => {
    const [was, is] = [old.get(name), current.get(name)];
    return isDeepStrictEqual(was, is) ? [] : [`${name}: ${shown(was)} → ${shown(is)}`];
  });
}

/** Returns the findings of each service, if they are by address; otherwise those of the only one. */
function servicesIn(findings: Findings): unknown[] {
  const entries = Object.entries(findings).filter(([key]) => key !== 'summary');
  return entries.length > 0 && entries.every(([key]) => URL.canParse(key))
    ? entries.map(([, value]) => value)
    : [findings];
}

function isProperty([name, value]: readonly [string, unknown]): boolean {
  return name !== 'summary' && typeof value !== 'number';
}

function shown(value: unknown): string {
  if (value === undefined) return 'not found out';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Returns all values that are no tables, with their path. */
function leavesOf(value: unknown, path = ''): [string, unknown][] {
  if (Array.isArray(value)) return [[path, value.map(String).join(', ')]];
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`));
}
