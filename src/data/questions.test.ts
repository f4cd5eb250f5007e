import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { ownFileTask } from '../eval/benchmarks/own-file.ts';
import { loadTask } from '../eval/load-task.ts';
import { readQuestionsWithAnswers } from './questions-with-answers.ts';

/** Made by test/fixtures/make/data_tables.py. */
const table = (name: string): string =>
  fileURLToPath(new URL(`../../test/fixtures/data/tables/${name}`, import.meta.url));
const DEFAULTS = { question: 'question', answer: 'answer' };

/** Question texts and answers as training and planted questions read them. */
async function forTraining(name: string): Promise<[string, string[]][]> {
  const rows = await readQuestionsWithAnswers(table(name), DEFAULTS);
  return rows.map(({ text, answer, also = [] }) => [text, [answer, ...also]]);
}

/** The same as a benchmark reads them, in file order. */
async function forEvaluation(name: string): Promise<[string, string[]][]> {
  const { items, malformed } = await loadTask(ownFileTask(table(name)));
  expect(malformed.reasons).toEqual({});
  return items
    .toSorted((a, b) => Number(a.id) - Number(b.id))
    .map(({ question, choices, reference }) => [
      choices === null ? question : `${question}\n\n${choices.map((text, at) => `${'ABCDE'[at]}. ${text}`).join('\n')}`,
      reference.answers,
    ]);
}

const ADDED: [string, string[]][] = [
  ['1 + 1?', ['2']],
  ['1 + 2?', ['3']],
];
const SUMS: [string, string[]][] = [
  ['1 + 2 = ?', ['3']],
  ['2 + 2 = ?', ['4']],
];
const ACCENTS: [string, string[]][] = [
  ['Combien font trois cafés à 2 € ?', ['6']],
  ['Wie groß ist ½ + ½?', ['1']],
];

/** Every file with what it means. */
const MEANINGS: Record<string, [string, string[]][]> = {
  'gsm8k.jsonl': [
    ['Ida has 3 bags of 4 nuts. How many nuts?', ['12']],
    ['A ship carries 1,000 crates and 234 sacks. How many pieces?', ['1,234']],
  ],
  'math.jsonl': [
    ['Halve $1$.', ['\\frac{1}{2}']],
    ['Double $4$.', ['8']],
  ],
  'svamp.json': [
    ['Ben has 12 pens and loses 5. How many pens are left?', ['7']],
    ['Each of 6 boxes holds 9 eggs. How many eggs are there?', ['54']],
  ],
  'mmlu.jsonl': [
    ['2 + 1 = ?\n\nA. 4\nB. 3\nC. 0\nD. 1', ['B']],
    ['2 - 2 = ?\n\nA. 4\nB. 3\nC. 0\nD. 1', ['C']],
  ],
  'aqua.jsonl': [
    ['7 * 3 = ?\n\nA. 21\nB. 21.5\nC. 22\nD. 22.5\nE. 23', ['A']],
    ['9 / 3 = ?\n\nA. 1\nB. 2\nC. 3\nD. 4\nE. 5', ['C']],
  ],
  'arc.jsonl': [
    ['Which is a metal?\n\nA. wood\nB. iron', ['B']],
    ['Which one floats?\n\nA. cork\nB. lead', ['A']],
  ],
  'medqa.jsonl': [['Which organ pumps blood?\n\nA. liver\nB. heart\nC. lung', ['B']]],
  'from-one.jsonl': [
    ['Largest?\n\nA. one\nB. two\nC. three', ['C']],
    ['Smallest?\n\nA. one\nB. two\nC. three', ['A']],
  ],
  'options.csv': [
    ['Which, of these, is even?\n\nA. 1\nB. 2\nC. 3', ['B']],
    ['Which is a vowel?\n\nA. x\nB. u\nC. z', ['B']],
  ],
  'accepted.jsonl': [
    ['How much is a dozen?', ['12', 'twelve']],
    ['How much is half of nine?', ['4.5', '9/2']],
  ],
  'numbers.jsonl': [
    ['An eighth?', ['0.125']],
    ['A million?', ['1000000']],
  ],
  'columns.json': ADDED,
  'pandas.json': ADDED,
  'lines.json': ADDED,
  'semicolon.csv': [
    ['1,5 + 1,5 = ?', ['3']],
    ['2 + 2 = ?', ['4']],
  ],
  'tabs.tsv': [
    ['1, 2 and what?', ['3']],
    ['a "quoted" one', ['4']],
  ],
  'excel.csv': SUMS,
  'cr-only.csv': SUMS,
  'cr-only.jsonl': SUMS,
  'quoted-newlines.csv': [
    ['one\nor\ntwo lines?', ['3']],
    ['2 + 2 = ?', ['4']],
  ],
  'utf8-bom.csv': ACCENTS,
  'utf16le-bom.csv': ACCENTS,
  'utf16be-bom.csv': ACCENTS,
  'utf16le.csv': ACCENTS,
  'utf16be.csv': ACCENTS,
  'gzip.csv.gz': ACCENTS,
};

describe('a data file', () => {
  it.each(Object.entries(MEANINGS))('means the same to training and to evaluation: %s', async (name, meaning) => {
    expect(await forTraining(name)).toEqual(meaning);
    expect(await forEvaluation(name)).toEqual(meaning);
  });

  it.each<[string, RegExp]>([
    ['latin1.csv', /is not valid UTF-8: line 3 contains the byte 0xE9\. .*Latin-1.*\n.*iconv/],
    ['windows1252.csv', /line 2 contains the byte 0x93\. It is probably Windows-1252\./],
    ['utf32.csv', /is UTF-32/],
    ['lfs.jsonl', /holds a Git LFS pointer .*\n.*git lfs pull/],
    ['page.csv', /holds a web page/],
    ['workbook.csv', /is a ZIP archive or an Excel workbook/],
    ['cut-off.json', /is not valid JSON: .*\n.*cut off/],
    ['header-only.csv', /contains no rows: it has only a header \(question, answer\)/],
    ['empty.jsonl', /contains no rows: it is empty/],
    ['twice.csv', /has several columns named "answer"/],
  ])('is refused by name, by training and by evaluation alike: %s', async (name, reason) => {
    for (const read of [() => forTraining(name), () => loadTask(ownFileTask(table(name)))]) {
      const error: unknown = await read().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toContain(table(name));
      expect(String(error)).toMatch(reason);
    }
  });

  it.each<[string, string]>([
    ['rounded.jsonl', 'a number above 2^53, which is rounded unless it is written as text'],
    ['ambiguous.csv', 'the answer is both the text of a choice and the number of another'],
  ])('is not guessed at: %s', async (name, reason) => {
    await expect(loadTask(ownFileTask(table(name)))).rejects.toThrow(reason);
    await expect(forTraining(name)).rejects.toThrow(reason);
  });

  it('has to have the named columns, or names that public data sets use', async () => {
    const problem = async (columns: { question: string; answer: string }): Promise<string> =>
      loadTask(ownFileTask(table('semicolon.csv'), columns)).then(
        () => '',
        (error: unknown) => String(error),
      );
    expect(await problem({ question: 'Question', answer: 'ANSWER' })).toBe('');
    expect(await problem({ question: 'qestion', answer: 'answer' })).toMatch(
      /there is no column "qestion"; found: question, answer\.\nDid you mean "question"\?/,
    );
    expect(await problem({ question: 'question', answer: 'price' })).toMatch(/no column "price".*\nName the column/);
    expect(
      (await loadTask(ownFileTask(table('svamp.json'), { question: 'Body+Question', answer: 'Answer' }))).items,
    ).toEqual((await loadTask(ownFileTask(table('svamp.json')))).items);
  });

  it('is read on after a bad row by evaluation, which names its line, and not by training', async () => {
    const path = table('bad-rows.csv');
    const { items, malformed } = await loadTask(ownFileTask(path));
    expect(items.map(({ question }) => question).toSorted()).toEqual(['1 + 1?', 'two\nlines?']);
    expect(malformed.first.map(({ place, reason }) => [place, reason])).toEqual([
      [`${path}:3`, 'no answer'],
      [`${path}:6`, '3 fields where the header has 2'],
      [`${path}:7`, 'a quote that is never closed'],
    ]);
    await expect(forTraining('bad-rows.csv')).rejects.toThrow(`${path}:3: a row must hold a question`);
  });

  it('says which columns were read without being named', async () => {
    const notesOf = async (name: string): Promise<string[]> => (await loadTask(ownFileTask(table(name)))).notes;
    expect(await notesOf('gsm8k.jsonl')).toEqual([]);
    expect(await notesOf('svamp.json')).toEqual([
      'svamp: reads the questions from "Body" and "Question", the answers from "Answer".',
    ]);
    expect(await notesOf('aqua.jsonl')).toEqual([
      'aqua: reads the answers from "correct", the choices from "options".',
    ]);
    expect((await notesOf('from-one.jsonl')).at(-1)).toContain('counts the choices from 1');
  });
});
