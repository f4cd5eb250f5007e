/**
 * Compares what a model's files say about its special tokens with each other and with its chat template. Pure.
 * `tokenizer/text-files.ts` reads the files; `template-facts.ts` looks at whole prompts.
 */

import type { LoadedText } from '../tokenizer/tokenizer.ts';
import type { TokenSource } from '../tokenizer/text-files.ts';
import type { Finding } from './finding.ts';

/** Returns the contradictions about end, start and padding tokens. */
export function specialTokenFacts(text: LoadedText): Finding[] {
  return [...endOfTurn(text), ...unknownTokens(text), ...endsInText(text), ...startTokens(text)];
}

/** The template ends a turn with a token at which sampling does not stop. */
function endOfTurn({ tokenizer, sources, files }: LoadedText): Finding[] {
  const { turn, eosIds } = tokenizer;
  if (turn === undefined || turn.end === null || turn.stops) return [];
  const ids = [...tokenizer.encode(turn.end)];
  const known = ids.length === 1 ? `${turn.end} (id ${ids[0]})` : `${turn.end} (${ids.length} tokens)`;
  const set = `set prompt.stop = [${JSON.stringify(turn.end)}] (--set 'prompt.stop=[${JSON.stringify(turn.end)}]')`;
  const edit =
    ids.length === 1
      ? `, or eos_token_id to [${[...eosIds, ids[0]].join(', ')}] in ${files.paths.generationConfig}`
      : '';
  return [
    {
      about: 'end-token',
      found: `The chat template ends a turn with ${known}, but no file names it as the end token: ${listed(sources.eos, tokenizer.decode)}. Completions would go on after their end.`,
      advice: `${capital(set)}${edit}.`,
    },
  ];
}

/** A file names a token that the tokenizer does not have. */
function unknownTokens({ sources, files, tokenizer }: LoadedText): Finding[] {
  return [...sources.eos, ...sources.bos, ...sources.pad]
    .filter(({ id }) => id === null)
    .map(({ file, key, written }) => ({
      about: 'special-token',
      found: `${file} has ${key} ${JSON.stringify(written)}, which the tokenizer in ${files.folder} does not have (its ids are below ${tokenizer.size}).`,
      advice: `Correct ${key} in ${file}, or use the tokenizer that belongs to this model.`,
    }));
}

/** An end token is an ordinary piece of text, so that completions end in the middle. */
function endsInText({ sources, special, tokenizer }: LoadedText): Finding[] {
  const specialIds = new Set(special.values());
  return sources.eos.flatMap(({ file, key, id, written }): Finding[] => {
    if (id === null || specialIds.has(id)) return [];
    const text = tokenizer.decode([id]);
    if (text === '' || /^<.*>$/.test(text)) return [];
    return [
      {
        about: 'end-token',
        found: `${file} has ${key} ${JSON.stringify(written)}, which is the ordinary text ${JSON.stringify(text)}: every completion would end at it.`,
        advice: `Correct ${key} in ${file}.`,
      },
    ];
  });
}

/** Two files name different start tokens, of which templates write one. */
function startTokens({ sources: { bos }, tokenizer }: LoadedText): Finding[] {
  const ids = new Set(bos.map(({ id }) => id));
  if (ids.has(null) || ids.size < 2 || !bos.some(({ key }) => key === 'bos_token')) return [];
  // Several ids in the model's files with one name in the tokenizer's: the name decides.
  const named = bos.filter(({ key }) => key === 'bos_token').map(({ id }) => id);
  const inConfigs = bos.filter(({ key }) => key !== 'bos_token').map(({ id }) => id);
  if (new Set(named).size === 1 && (inConfigs.length === 0 || inConfigs.includes(named[0]))) return [];
  return [
    {
      about: 'start-token',
      found: `The files name different start tokens: ${listed(bos, tokenizer.decode)}. Prompts contain what the chat template writes.`,
      advice: 'Correct bos_token_id and bos_token so that they agree.',
    },
  ];
}

/** Lists what the files say, e.g. `config.json has 2 (</s>), special_tokens_map.json has "</s>" (id 2)`. */
function listed(sources: readonly TokenSource[], decode: (ids: number[]) => string): string {
  return sources
    .map(({ file, id, written }) => {
      const other = id === null ? 'unknown' : typeof written === 'number' ? decode([id]) : `id ${id}`;
      return `${file} has ${written} (${other})`;
    })
    .join(', ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
