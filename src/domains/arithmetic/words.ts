/**
 * The words of the arithmetic world. The writer (`wording.ts`), the parser (`parse.ts`) and the tokenizer
 * (`vocabulary.ts`) all use them, so a new word is added only here.
 */

export interface Person {
  name: string;
  pronoun: 'She' | 'He';
}

export const PEOPLE: readonly Person[] = [
  { name: 'Mia', pronoun: 'She' },
  { name: 'Tom', pronoun: 'He' },
  { name: 'Ana', pronoun: 'She' },
  { name: 'Ben', pronoun: 'He' },
  { name: 'Lea', pronoun: 'She' },
  { name: 'Sam', pronoun: 'He' },
  { name: 'Eva', pronoun: 'She' },
  { name: 'Max', pronoun: 'He' },
];

/** Things that a person can own. */
export const THINGS = ['coins', 'books', 'pens', 'apples', 'cards', 'stones', 'shells', 'stamps'] as const;
/** Containers of owned things: `3 boxes of 4`. */
export const CONTAINERS = ['boxes', 'bags', 'packs'] as const;

/** Crowds that come to a place and leave it. */
export const CROWDS = ['birds', 'people', 'cats', 'cars'] as const;
export const PLACES = ['park', 'street', 'yard'] as const;

export interface Action {
  verb: string;
  /** Word that may follow the quantity. `from` and `to` are followed by another person's name. */
  tail: 'more' | 'from' | 'to' | '';
}

/** Verbs after which a person owns more. */
export const GAINS: readonly Action[] = [
  { verb: 'buys', tail: 'more' },
  { verb: 'finds', tail: 'more' },
  { verb: 'wins', tail: 'more' },
  { verb: 'gets', tail: 'from' },
];

/** Verbs after which a person owns less. */
export const LOSSES: readonly Action[] = [
  { verb: 'gives', tail: 'to' },
  { verb: 'loses', tail: '' },
  { verb: 'sells', tail: '' },
  { verb: 'uses', tail: '' },
];

/** Words that can start a plain question, with its closing mark. */
export const PLAIN_FORMS = [
  { opening: 'Compute', end: '.' },
  { opening: 'What is', end: '?' },
] as const;
