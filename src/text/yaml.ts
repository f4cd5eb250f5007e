/**
 * Writes the part of YAML that the front matter of a model or dataset card needs, in block style. Texts stay unquoted if
 * every version of YAML reads them as texts, and are double-quoted otherwise, so values may contain any characters.
 */

/** A value of the front matter. Keys are ours and need no quoting. */
export type Yaml = string | number | boolean | { [key: string]: Yaml } | Yaml[];

/** Formats a value as lines, each indented by `indent`. */
export function yamlLines(tree: Yaml, indent = ''): string[] {
  if (typeof tree !== 'object') return [`${indent}${scalar(tree)}`];
  if (Array.isArray(tree)) {
    return tree.flatMap((item) => {
      const [first, ...rest] = yamlLines(item, `${indent}  `);
      return [`${indent}- ${first.trimStart()}`, ...rest];
    });
  }
  return Object.entries(tree).flatMap(([key, value]) => {
    if (typeof value !== 'object') return [`${indent}${key}: ${scalar(value)}`];
    if (Array.isArray(value) && value.length === 0) return [`${indent}${key}: []`];
    return [`${indent}${key}:`, ...yamlLines(value, Array.isArray(value) ? indent : `${indent}  `)];
  });
}

/** Starts like a word and contains no character with a special meaning. */
const PLAIN = /^[A-Za-z][\w./@+-]*(?: [\w./@+(-][\w./@+()-]*)*$/;
/** Words that YAML 1.1 or 1.2 does not read as text. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  if (value.length < 200 && PLAIN.test(value) && !RESERVED.test(value)) return value;
  return quoted(value);
}

/**
 * Double-quotes a text on one line. JSON's escapes are valid in YAML; other unprintable characters are
 * escaped too.
 */
function quoted(value: string): string {
  const sound = value.replace(/\p{Surrogate}/gu, '\ufffd');
  return JSON.stringify(sound).replace(
    /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|[\u2028\u2029]/gu,
    escapeOf,
  );
}

function escapeOf(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
