/** G-Zero's filters on the form of a pair of responses. They know neither δ nor any truth. Pure. */

import { deflateSync } from 'node:zlib';
import {
  CHOSEN_CHARACTERS,
  COMPRESSED_FROM,
  COMPRESSION_LEVEL,
  LEAST_COMPRESSED,
  LONGEST_RATIO,
  REPEATED_CHARACTERS,
} from './constants.ts';

/** A task with the response that the hint led to, and the one without it. */
export interface ResponsePair {
  task: string;
  chosen: string;
  rejected: string;
}

/**
 * Why a pair is not trained on. `too-short`, `too-long`: the chosen response, in characters; `longer-than-rejected`: it
 * would teach length; `repetitive`: it compresses too well; `repeats-task`: it begins with the task; `role-marker`: it
 * begins as a turn of a chat.
 */
export type StructuralFault =
  | 'too-short'
  | 'too-long'
  | 'longer-than-rejected'
  | 'repetitive'
  | 'repeats-task'
  | 'role-marker';

/** A turn's mark at the start of a response, with or without the signs of a chat template around it. */
const ROLE_MARKER = /^\s*(?:<\|[a-z_]+\|>|[<[(#*\s]*(?:user|assistant|system|human|ai)[>\])*]*\s*:)/i;

/**
 * Returns the first fault of a pair; null if it has none.
 * @param fewest fewest characters of a chosen response
 */
export function structuralFault(
  { task, chosen, rejected }: ResponsePair,
  fewest: number = CHOSEN_CHARACTERS.least,
): StructuralFault | null {
  if (chosen.length < fewest) return 'too-short';
  if (chosen.length > CHOSEN_CHARACTERS.most) return 'too-long';
  if (chosen.length > LONGEST_RATIO * rejected.length) return 'longer-than-rejected';
  if (chosen.length >= COMPRESSED_FROM && compressedShare(chosen) < LEAST_COMPRESSED) return 'repetitive';
  if (commonPrefix(task.trim(), chosen.trim()) >= REPEATED_CHARACTERS) return 'repeats-task';
  return ROLE_MARKER.test(chosen) ? 'role-marker' : null;
}

/** Returns compressed bytes / bytes of a text, with zlib at level 1. */
export function compressedShare(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  return deflateSync(bytes, { level: COMPRESSION_LEVEL }).length / bytes.length;
}

/** Returns the number of characters with which both texts begin. */
function commonPrefix(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}
