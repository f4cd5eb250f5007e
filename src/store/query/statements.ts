/**
 * Counts the SQL statements of a text by its semicolons outside texts, names and comments. SQLite prepares the first
 * statement and ignores the others, which would be confusing. Pure.
 */
export function countStatements(sql: string): number {
  const rest = sql.replaceAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)/g,
    (token) => (token.startsWith('--') || token.startsWith('/*') ? ' ' : 'x'),
  );
  return rest.split(';').filter((part) => part.trim() !== '').length;
}
