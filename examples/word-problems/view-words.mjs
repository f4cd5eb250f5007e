// @ts-check
/**
 * The words that a view may replace, in groups: a word is replaced by another of its group only. So a name keeps its
 * pronouns, an article stays right, and a thing stays of its kind ("3 pears and 4 plums: how many fruits?").
 */

/** Names that are no other English words. */
export const NAMES = [
  [
    'Mia', 'Ana', 'Lea', 'Eva', 'Eve', 'Zoe', 'Nina', 'Ines', 'Lucy', 'Sara', 'Rosa', 'Mary', 'Anna', 'Emma', 'Lisa', 'Jane',
    'Sarah', 'Emily', 'Alice', 'Julia', 'Laura', 'Sally', 'Susan', 'Maria', 'Kate', 'Amy', 'Jenny', 'Linda', 'Olivia',
  ],
  [
    'Tom', 'Ben', 'Max', 'Omar', 'Paul', 'Ravi', 'Carl', 'Amir', 'Hugo', 'Noah', 'Ivan', 'John', 'Peter', 'David', 'James',
    'Mike', 'Tim', 'Joe', 'Jack', 'Dan', 'Daniel', 'Michael', 'George', 'Henry', 'Luke', 'Oscar', 'Fred', 'Kevin', 'Brian',
  ],
  ['Sam', 'Kim', 'Yuki', 'Alex', 'Pat', 'Lou', 'Jamie', 'Robin'],
]; // prettier-ignore

/** Things, as singular and plural. Nothing with a number of its own, such as decks, pairs, wheels or eggs. */
export const THINGS = [
  [
    ['pear', 'pears'],
    ['plum', 'plums'],
    ['peach', 'peaches'],
    ['lemon', 'lemons'],
    ['banana', 'bananas'],
    ['mango', 'mangoes'],
  ],
  [
    ['apple', 'apples'],
    ['apricot', 'apricots'],
    ['avocado', 'avocados'],
  ],
  [
    ['book', 'books'],
    ['magazine', 'magazines'],
    ['comic', 'comics'],
  ],
  [
    ['pencil', 'pencils'],
    ['pen', 'pens'],
    ['crayon', 'crayons'],
    ['marker', 'markers'],
  ],
  [
    ['cookie', 'cookies'],
    ['cupcake', 'cupcakes'],
    ['muffin', 'muffins'],
    ['donut', 'donuts'],
  ],
  [
    ['sticker', 'stickers'],
    ['stamp', 'stamps'],
    ['marble', 'marbles'],
    ['shell', 'shells'],
    ['button', 'buttons'],
    ['bead', 'beads'],
    ['photo', 'photos'],
    ['badge', 'badges'],
  ],
  [
    ['balloon', 'balloons'],
    ['kite', 'kites'],
    ['doll', 'dolls'],
    ['puzzle', 'puzzles'],
  ],
  [
    ['toy car', 'toy cars'],
    ['toy boat', 'toy boats'],
    ['toy train', 'toy trains'],
  ],
  [
    ['box', 'boxes'],
    ['bag', 'bags'],
    ['basket', 'baskets'],
    ['jar', 'jars'],
    ['tray', 'trays'],
    ['crate', 'crates'],
  ],
];

/** Words that make a name or a thing matter for the answer: "letters of the word", "a dozen", "slices". */
export const NUMERIC =
  /\b(?:letters?|words?|spell\w*|names?|named|vowels?|alphabet|dozens?|pairs?|decks?|legs?|wheels?|wings?|slices?|pieces?|halves|twins?)\b/i;
