/**
 * JSON text of number lists. Messages are joined from texts instead of being built as objects: `JSON.stringify` loses
 * the sign of zero, and a list of boxed numbers costs several times the memory.
 */

/** Returns a JSON list. Numbers that are not finite become null, as JSON has none; minus zero keeps its sign. */
export function numbersJson(values: Float32Array | Int32Array): string {
  return needsCare(values) ? `[${Array.from(values, numberJson).join(',')}]` : `[${values.join(',')}]`;
}

/** Returns one JSON number, by the same rules. */
export function numberJson(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/**
 * Returns one JSON number that every reader takes for a fraction: 1 becomes `1.0`. Servers in Python read `1` as an
 * integer, and PyTorch refuses betas of which one is an integer.
 */
export function floatJson(value: number): string {
  const text = numberJson(value);
  return Number.isInteger(value) && /^-?[0-9]+$/.test(text) ? `${text}.0` : text;
}

/** Returns a JSON object of parts that are JSON texts; absent parts are left out. */
export function objectJson(parts: Readonly<Record<string, string | undefined>>): string {
  const fields = Object.entries(parts).filter(([, text]) => text !== undefined);
  return `{${fields.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

/** Returns a JSON list of JSON texts. */
export function listJson(items: readonly string[]): string {
  return `[${items.join(',')}]`;
}

function needsCare(values: Float32Array | Int32Array): boolean {
  if (values instanceof Int32Array) return false;
  for (const value of values) if (!Number.isFinite(value) || Object.is(value, -0)) return true;
  return false;
}
