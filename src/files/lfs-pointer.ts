/** Recognises Git LFS pointers: small text files that a clone without Git LFS leaves in place of a large file. */

const FIRST_LINE = 'version https://git-lfs.github.com/spec/v1';

/** Returns whether a file that begins with these bytes is a pointer. Needs the first 50 bytes. */
export function isLfsPointer(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, FIRST_LINE.length)).toString('latin1') === FIRST_LINE;
}

/** Advice for a pointer where the file itself is needed. */
export const LFS_ADVICE = 'Fetch the file itself with `git lfs pull`, or download it from its page.';
