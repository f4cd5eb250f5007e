/**
 * The words of the arithmetic world, in one place: the writer (`wording.ts`), the reader (`parse.ts`)
 * and the tokenizer (`vocabulary.ts`) all draw on them, so a new word is added here only.
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

/** What a person can own. */
export const THINGS = ['coins', 'books', 'pens', 'apples', 'cards', 'stones', 'shells', 'stamps'] as const;
/** What owned things come in: `3 boxes of 4`. */
export const CONTAINERS = ['boxes', 'bags', 'packs'] as const;

/** What can come and go in a place. */
export const CROWDS = ['birds', 'people', 'cats', 'cars'] as const;
export const PLACES = ['park', 'street', 'yard'] as const;

export interface Action {
  verb: string;
  /** What may follow the quantity; `from` and `to` are followed by another person's name. */
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

/** Words that may open a plain question, with the mark that ends it. */
export const PLAIN_FORMS = [
  { opening: 'Compute', end: '.' },
  { opening: 'What is', end: '?' },
] as const;
