/** Errors of data files: questions with answers, their columns, types and encodings. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { EXTENSIONS } from '../../../src/data/data-file.ts';
import { type AnswerColumns, readQuestionsWithAnswers } from '../../../src/data/questions-with-answers.ts';
import { questionsWithAnswers } from '../../../src/domains/arithmetic/questions-with-answers.ts';
import { questionsWithAnswers as codeQuestions } from '../../../src/domains/code/questions-with-answers.ts';
import { heldOut } from '../../../src/domains/arithmetic/held-out.ts';
import type { RzeroError } from '../../../src/errors.ts';
import { ROOT } from '../../fixtures/program.ts';
import type { AdviceCase } from '../followed.ts';

const GOOD = '{"question":"Compute 3 + 4.","answer":"7"}\n';
const COLUMNS: AnswerColumns = { question: 'question', answer: 'answer' };

async function rowsOf(path: string, columns = COLUMNS): Promise<number> {
  return (await readQuestionsWithAnswers(path, columns)).length;
}

function write(place: string, name: string, content: string | Uint8Array): string {
  writeFileSync(join(place, name), content);
  return join(place, name);
}

interface FileCase {
  file: string;
  message: string;
  advice: string | RegExp;
  /** Name and content of the file that causes the error. */
  bad: [name: string, content: string | Uint8Array];
  /** The file as the advice wants it. */
  good: [name: string, content: string | Uint8Array];
  columns?: AnswerColumns;
}

/** A file is read, and read again as the advice says. */
function ofFile({ file, message, advice, bad, good, columns }: FileCase): AdviceCase {
  return {
    file,
    message,
    advice,
    provoke: (place) => rowsOf(write(place, ...bad)),
    follow: async (place) => expect(await rowsOf(write(place, ...good), columns)).toBeGreaterThan(0),
  };
}

const latin1 = Buffer.from('{"question":"Où est 3 + 4 ?","answer":"7"}\n', 'latin1');
const utf16 = Buffer.from(`\uFEFF${GOOD}`, 'utf16le');
const packed = gzipSync(GOOD);
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';

/** Runs the command that the advice names on the file, as the user would. */
function convert(place: string, name: string, { advice }: RzeroError): string {
  const [, command, ...words] = /`(\w+) ([^`]+) FILE > NEW`/.exec(advice) ?? [];
  const text = execFileSync(command, [...words[0].split(' '), join(place, name)]);
  return write(place, `new-${name}`, text);
}

export const CASES: AdviceCase[] = [
  ofFile({
    file: 'data/columns.ts',
    message: '… has several columns named "…".',
    advice: 'Rename or remove all but one of them.',
    bad: ['twice.csv', 'question,answer,answer\nCompute 3 + 4.,7,8\n'],
    good: ['twice.csv', 'question,answer\nCompute 3 + 4.,7\n'],
  }),
  ofFile({
    file: 'data/columns.ts',
    message: '… has no column "…", and … could be meant.',
    advice: 'Name the column of the question and the column of the answer.',
    bad: ['which.csv', 'question,gold,reference\nCompute 3 + 4.,7,seven\n'],
    good: ['which.csv', 'question,gold,reference\nCompute 3 + 4.,7,seven\n'],
    columns: { question: 'question', answer: 'gold' },
  }),
  {
    file: 'data/columns.ts',
    message: '…: there is no column "…"; found: ….',
    advice: /^Did you mean "prompts"\? Otherwise name the column of the question/,
    provoke: (place) =>
      rowsOf(write(place, 'other.csv', 'prompts,answer\nCompute 3 + 4.,7\n'), { ...COLUMNS, question: 'promts' }),
    follow: async (place, { advice }) => {
      const question = /Did you mean "(.+?)"/.exec(advice)?.[1] ?? '';
      expect(await rowsOf(join(place, 'other.csv'), { ...COLUMNS, question })).toBe(1);
    },
  },
  ofFile({
    file: 'data/columns.ts',
    message: '…: there is no column "…"; found: ….',
    advice: 'Name the column of the question and the column of the answer.',
    bad: ['none.csv', 'first,second\nCompute 3 + 4.,7\n'],
    good: ['none.csv', 'first,second\nCompute 3 + 4.,7\n'],
    columns: { question: 'first', answer: 'second' },
  }),
  {
    file: 'data/data-file.ts',
    message: '… has an unsupported file type.',
    advice: /^Give a file of \.jsonl, .*\.parquet, or one of these with \.gz\.$/,
    provoke: (place) => rowsOf(write(place, 'rows.txt', GOOD)),
    follow: async (place, { advice }) => {
      const text: Record<string, string> = {
        '.csv': 'question,answer\nCompute 3 + 4.,7\n',
        '.json': `[${GOOD}]`,
        '.tsv': 'question\tanswer\nCompute 3 + 4.\t7\n',
      };
      const named = advice.match(/\.[a-z]+/g)?.filter((kind) => kind !== '.gz' && kind !== '.parquet') ?? [];
      expect([...named, '.parquet'].toSorted()).toEqual(EXTENSIONS.toSorted());
      for (const kind of named) {
        expect(await rowsOf(write(place, `rows${kind}`, text[kind] ?? GOOD))).toBe(1);
        expect(await rowsOf(write(place, `rows${kind}.gz`, gzipSync(text[kind] ?? GOOD)))).toBe(1);
      }
      copyFileSync(join(ROOT, 'test/fixtures/data/snappy.parquet'), join(place, 'rows.parquet'));
      expect(await rowsOf(join(place, 'rows.parquet'))).toBeGreaterThan(0);
    },
  },
  {
    file: 'data/data-file.ts',
    message: '… has … bytes.',
    advice: 'Split it into files of at most 1 GiB.',
    provoke: (place) => {
      // A sparse file takes no space on the disk.
      truncateSync(write(place, 'large.jsonl', GOOD), 1024 ** 3 + 1);
      return rowsOf(join(place, 'large.jsonl'));
    },
    follow: async (place) => {
      truncateSync(join(place, 'large.jsonl'), GOOD.length);
      expect(await rowsOf(join(place, 'large.jsonl'))).toBe(1);
    },
  },
  ofFile({
    file: 'data/data-file.ts',
    message: '… cannot be unpacked as gzip: ….',
    advice: 'Download or compress it again; unpacked, it may have at most 1 GiB.',
    bad: ['rows.jsonl.gz', packed.subarray(0, packed.length - 12)],
    good: ['rows.jsonl.gz', packed],
  }),
  ofFile({
    file: 'data/data-file.ts',
    message: '… holds ….',
    advice: /or download the file itself\.$/,
    bad: ['rows.jsonl', pointer],
    good: ['rows.jsonl', GOOD],
  }),
  ofFile({
    file: 'data/data-file.ts',
    message: '… holds ….',
    advice: /^Download the file again/,
    bad: ['rows.jsonl', '<!DOCTYPE html><html></html>'],
    good: ['rows.jsonl', GOOD],
  }),
  ofFile({
    file: 'data/data-file.ts',
    message: '… is ….',
    advice: 'Unpack it, and give the file inside. Export its rows as CSV in UTF-8, JSONL or Parquet.',
    bad: ['rows.jsonl', 'PK\u0003\u0004'],
    good: ['rows.csv', 'question,answer\nCompute 3 + 4.,7\n'],
  }),
  ofFile({
    file: 'data/data-file.ts',
    message: '… is ….',
    advice: 'Unpack it, and give the file inside.',
    bad: ['rows.jsonl', 'BZh9'],
    good: ['rows.jsonl', GOOD],
  }),
  {
    file: 'data/data-file.ts',
    message: 'The data file … cannot be read: ….',
    advice: 'Check the path and the file; a download may be cut off.',
    provoke: (place) => rowsOf(join(place, 'missing.jsonl')),
    follow: async (place) => expect(await rowsOf(write(place, 'missing.jsonl', GOOD))).toBe(1),
  },
  {
    file: 'data/data-file.ts',
    message: 'The data file … cannot be read: ….',
    advice: 'Write it again with Snappy, GZIP or Brotli compression, or as JSONL; a download may be cut off.',
    provoke: () => rowsOf(join(ROOT, 'test/fixtures/data/zstd.parquet')),
    follow: async () => {
      for (const kind of ['snappy', 'gzip', 'brotli']) {
        expect(await rowsOf(join(ROOT, `test/fixtures/data/${kind}.parquet`))).toBeGreaterThan(0);
      }
    },
  },
  ofFile({
    file: 'data/encoding.ts',
    message: '…: line … contains a NUL character, so it is no text file.',
    advice: 'Give a text file in UTF-8 or UTF-16, or a Parquet file.',
    bad: ['rows.jsonl', `${GOOD}\0`],
    good: ['rows.jsonl', utf16],
  }),
  {
    file: 'data/encoding.ts',
    message: '… ….',
    advice: /^Save it as UTF-8, for example with `iconv -f WINDOWS-1252 /,
    provoke: (place) => rowsOf(write(place, 'rows.jsonl', latin1)),
    follow: async (place, error) => {
      const path = convert(place, 'rows.jsonl', error);
      expect(readFileSync(path, 'utf8')).toContain('Où est');
      expect(await rowsOf(path)).toBe(1);
    },
  },
  {
    file: 'data/encoding.ts',
    message: '… ….',
    advice: /^Save it as UTF-8, for example with `iconv -f UTF-32 /,
    provoke: (place) => {
      const units = [0xfeff, ...GOOD].flatMap((one) => {
        const code = typeof one === 'number' ? one : one.charCodeAt(0);
        return [code & 255, code >> 8, 0, 0];
      });
      return rowsOf(write(place, 'rows.jsonl', Uint8Array.from(units)));
    },
    follow: async (place, error) => expect(await rowsOf(convert(place, 'rows.jsonl', error))).toBe(1),
  },
  ofFile({
    file: 'data/encoding.ts',
    message: '… is … with an odd number of bytes.',
    advice: 'It is cut off or damaged: download or export it again.',
    bad: ['rows.jsonl', utf16.subarray(0, utf16.length - 1)],
    good: ['rows.jsonl', utf16],
  }),
  ofFile({
    file: 'data/encoding.ts',
    message: '… is not valid ….',
    advice: 'It is cut off or damaged: download or export it again.',
    bad: ['rows.jsonl', Buffer.concat([utf16, Uint8Array.of(0, 0xd8)])],
    good: ['rows.jsonl', utf16],
  }),
  ofFile({
    file: 'data/json-rows.ts',
    message: '… is not valid JSON: ….',
    advice: /^Correct the file, or download it again/,
    bad: ['rows.json', '[{"question":"Compute 3 + 4.","answer":"7"'],
    good: ['rows.json', '[{"question":"Compute 3 + 4.","answer":"7"}]'],
  }),
  ofFile({
    file: 'data/json-rows.ts',
    message: '… holds neither a list nor an object with one list.',
    advice: 'Write it as JSON Lines (.jsonl): one object with all columns per line.',
    bad: ['rows.json', '"rows"'],
    good: ['rows.jsonl', GOOD],
  }),
  {
    file: 'data/questions-with-answers.ts',
    message: '…: a row must be one object or record; found ….',
    advice: /^Correct or remove it\. JSON Lines hold one object a line/,
    provoke: (place) => rowsOf(write(place, 'rows.jsonl', `${GOOD}[1]\n`)),
    follow: async (place, { advice }) => {
      const example = /e\.g\. (\{.*\})\.$/.exec(advice)?.[1] ?? '';
      expect(await rowsOf(write(place, 'rows.jsonl', `${GOOD}${example}\n`))).toBe(2);
      expect(await rowsOf(write(place, 'rows.jsonl', GOOD))).toBe(1);
    },
  },
  ofFile({
    file: 'data/questions-with-answers.ts',
    message: '…: a row must hold a question ("…") and its answer ("…"); found ….',
    advice: 'Correct or remove this row, or name other columns.',
    bad: ['rows.jsonl', '{"question":"Compute 3 + 4.","answer":null,"gold":"7"}\n'],
    good: ['rows.jsonl', '{"question":"Compute 3 + 4.","answer":null,"gold":"7"}\n'],
    columns: { question: 'question', answer: 'gold' },
  }),
  ofFile({
    file: 'data/rows.ts',
    message: '… contains no rows: ….',
    advice: 'Give a file with at least one question.',
    bad: ['rows.csv', 'question,answer\n'],
    good: ['rows.csv', 'question,answer\nCompute 3 + 4.,7\n'],
  }),
  {
    file: 'domains/arithmetic/held-out.ts',
    message: 'The arithmetic domain has … held-out questions; … were requested.',
    advice: /^Set evaluation\.questions \(--questions\) to \d+ or less\.$/,
    provoke: () => heldOut(5000),
    follow: (_, { advice }) => {
      const most = Number(/to (\d+) or less/.exec(advice)?.[1]);
      expect(heldOut(most)).toHaveLength(most);
    },
  },
  {
    file: 'domains/arithmetic/questions-with-answers.ts',
    message: 'The arithmetic domain generates at most … questions with answers; … were requested.',
    advice: /^Request \d+ or fewer\.$/,
    provoke: () => questionsWithAnswers(30_000, 1),
    follow: (_, { advice }) => {
      const most = Number(/^Request (\d+)/.exec(advice)?.[1]);
      expect(questionsWithAnswers(most, 1)).toHaveLength(most);
    },
  },
  {
    file: 'domains/code/questions-with-answers.ts',
    message: 'The code domain generates at most … questions with answers; … were requested.',
    advice: /^Request \d+ or fewer\.$/,
    provoke: () => codeQuestions(30_000, 1),
    follow: (_, { advice }) => {
      const most = Number(/^Request (\d+)/.exec(advice)?.[1]);
      expect(codeQuestions(most, 1)).toHaveLength(most);
    },
  },
];
