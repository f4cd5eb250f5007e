/** Quotes a word for a POSIX shell, so that a printed command can be repeated. A plain word stays as it is. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
