/**
 * Recognises a file that holds something else in its place: a Git LFS or git-annex pointer, a web page, another format.
 * Pure. A reader calls it with the beginning of a file, before it reports that the content does not parse.
 */

/** Bytes of a file's beginning that are enough to recognise it. */
export const IMPOSTOR_BYTES = 512;

export interface Impostor {
  /** What the file holds, e.g. `a Git LFS pointer instead of its content`. */
  found: string;
  advice: string;
}

/** First characters of a file, and what they mean. */
const KINDS: readonly (Impostor & { begins: RegExp })[] = [
  {
    begins: /^version https:\/\/(?:git-lfs|hawser)\.github\.com\/spec\//,
    found: 'a Git LFS pointer instead of its content',
    advice: 'Run `git lfs install` and `git lfs pull` in the repository of this file, or download the file itself.',
  },
  {
    begins: /^(?:\.\.\/)*(?:\/annex\/objects\/|\.git\/annex\/objects\/)/,
    found: 'a git-annex pointer instead of its content',
    advice: 'Run `git annex get` for this file in its repository, or download the file itself.',
  },
  {
    begins: /^\uFEFF?\s*(?:<!doctype html|<html|<\?xml|<head|<body)/i,
    found: 'a web page instead of its content, such as an error or a sign-in page',
    advice: 'Download the file again; a gated model needs a token (HF_TOKEN).',
  },
];

/** Formats of weights that are sometimes renamed to .safetensors. */
const WEIGHT_KINDS: readonly (Impostor & { begins: RegExp })[] = [
  {
    begins: /^PK[^ -~]{2}/,
    found: 'a ZIP archive, as PyTorch saves weights',
    advice: 'Convert it to safetensors, or use a repository that has model.safetensors.',
  },
  {
    begins: /^GGUF/,
    found: 'a GGUF file, which is made for other programs',
    advice: 'Use the safetensors checkpoint that it was made from.',
  },
];

/** Returns what a file holds in place of its content; null if its beginning does not show it. */
export function impostorOf(beginning: string): Impostor | null {
  return KINDS.find(({ begins }) => begins.test(beginning)) ?? null;
}

/**
 * The same for a file that should be safetensors. There, any text is an impostor: the file begins with 8 bytes of
 * length, of which the upper ones are zero.
 */
export function impostorOfWeights(beginning: Uint8Array): Impostor | null {
  const text = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.length).toString('latin1');
  const known = impostorOf(text) ?? WEIGHT_KINDS.find(({ begins }) => begins.test(text));
  if (known !== undefined && known !== null) return known;
  if (!/^[\t\n\r -~]{8}/.test(text)) return null;
  const [line] = text.trimStart().split(/[\n\r]/, 1);
  return {
    found: `text that begins with ${JSON.stringify(line.replaceAll(/[^ -~]/g, '?').slice(0, 60))}`,
    advice: 'Download the file again: a server may have answered with a message instead of the file.',
  };
}
