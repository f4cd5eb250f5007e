/** Texts of commands that a user can copy into a shell. */

/** Quotes an argument if a shell would not take it as it is. */
export function shellWord(text: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return /^[\w@+=:,./\\~-]+$/.test(text) ? text : `"${text}"`;
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
