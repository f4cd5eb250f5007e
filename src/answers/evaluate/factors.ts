/**
 * Decides which letters before a bracket are factors: h(h−1) is a product, f(2) may be a function value. A letter that
 * is used without a bracket anywhere in the compared texts is a variable. Used by `expression-parser.ts`.
 */

const NAME = /[A-Za-z](?:_(?:\w|\{\w{1,8}\}))?/g;

/** Returns the names before a bracket in `text` that are variables in it or in `rival`, sorted. */
export function factorsBefore(text: string, rival: string): string {
  if (!/[A-Za-z}\d]\(/.test(text)) return '';
  const called = new Set<string>();
  const plain = new Set(['e', 'i']);
  for (const [at, source] of [text, rival].entries()) {
    const letters = source.replace(/\\[A-Za-z]+/g, (command) => '\\'.repeat(command.length));
    for (const { 0: name, index } of letters.matchAll(NAME)) {
      const isCalled = letters[index + name.length] === '(';
      if (!isCalled) plain.add(name.replaceAll(/[{}]/g, ''));
      else if (at === 0) called.add(name.replaceAll(/[{}]/g, ''));
    }
  }
  return [...called]
    .filter((name) => plain.has(name))
    .toSorted()
    .join(' ');
}
