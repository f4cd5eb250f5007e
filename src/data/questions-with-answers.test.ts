import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { readQuestionsWithAnswers } from './questions-with-answers.ts';

const PARQUET = fileURLToPath(new URL('../../test/fixtures/data/', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'rzero-data-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const COLUMNS = { question: 'question', answer: 'answer' };
let files = 0;

function file(text: string | Buffer): string {
  const path = join(root, `data-${++files}.jsonl`);
  writeFileSync(path, text);
  return path;
}

async function problem(path: string, columns = COLUMNS): Promise<string> {
  const error: unknown = await readQuestionsWithAnswers(path, columns).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error instanceof Error ? error.message : '';
}

describe('JSONL', () => {
  it('reads texts and numbers, skips empty lines, and keeps the order', async () => {
    const path = file(
      '\uFEFF{"question": " Compute 3 + 4. ", "answer": 7}\r\n\n{"question": "Q", "answer": "\\\\frac12"}\n',
    );
    expect(await readQuestionsWithAnswers(path, COLUMNS)).toEqual([
      { text: 'Compute 3 + 4.', answer: '7' },
      { text: 'Q', answer: '\\frac12' },
    ]);
  });

  it('extracts the final answer of a worked solution', async () => {
    const path = file(
      '{"question": "A", "answer": "So it is \\\\boxed{3}, not \\\\boxed{ 4 }."}\n{"question": "B", "answer": "2 + 2 = 4\\n#### 4"}',
    );
    expect((await readQuestionsWithAnswers(path, COLUMNS)).map(({ answer }) => answer)).toEqual(['4', '4']);
  });

  it('names the file, the line and what it found', async () => {
    const path = file('{"question": "A", "answer": "1"}\n{"question": "B"}\n');
    expect(await problem(path)).toContain(`${path}:2: a row must hold a question`);
    expect(await problem(path)).toContain('found no answer.');
    expect(await problem(file('{"question": "A", "answer": "1"}\n\nnonsense'))).toMatch(/:3: .* found invalid JSON\./);
    expect(await problem(file('[1]'))).toContain('found a list');
    expect(await problem(file('null'))).toContain('found a bare null');
    expect(await problem(file('{"question": "A", "answer": null}'))).toContain('found no answer');
    expect(await problem(file('{"question": "A", "answer": [["1"]]}'))).toContain('found a list');
    expect(await problem(file('{"question": "A", "answer": {"a": 1}}'))).toContain('found no answer that can be read');
    expect(await problem(file('{"question": "  ", "answer": "1"}'))).toContain('found no question');
    expect(await problem(file('{"question": [1], "answer": "1"}'))).toContain('found a question that is a list');
    expect(await problem(file('{"question": "A", "answer": "see ####"}'))).toContain(
      'found a solution without a final answer',
    );
    expect(await problem(file('\n'))).toContain('contains no rows');
    expect(await problem(join(root, 'nowhere.jsonl'))).toMatch(/The data file .* cannot be read/);
  });
});

describe('Parquet', () => {
  it.each(['snappy', 'gzip', 'brotli', 'none'])('reads what pyarrow wrote with %s compression', async (compression) => {
    const path = join(PARQUET, `${compression}.parquet`);
    expect(await readQuestionsWithAnswers(path, { question: 'problem', answer: 'solution' })).toEqual([
      { text: 'Compute 3 + 4.', answer: '7' },
      { text: 'What is 2 * 6?', answer: '12' },
      { text: 'Wie viel ist ½ + ½?', answer: '1' },
    ]);
    const values = await readQuestionsWithAnswers(path, { question: 'problem', answer: 'value' });
    expect(values.map(({ answer }) => answer)).toEqual(['7', '12', '1']);
  });

  it('names the row, the columns and what it found', async () => {
    const path = join(PARQUET, 'snappy.parquet');
    expect(await problem(path, { question: 'task', answer: 'value' })).toMatch(
      /there is no column "task"; found: problem, solution, value, gap\./,
    );
    expect(await problem(path, { question: 'problem', answer: 'gap' })).toMatch(
      /, row 2: .* \("gap"\); found no answer/,
    );
  });

  it('is read under the names that public data sets use, also compressed', async () => {
    const plain = join(PARQUET, 'snappy.parquet');
    const packed = join(root, 'packed.parquet.gz');
    writeFileSync(packed, gzipSync(readFileSync(plain)));
    const expected = await readQuestionsWithAnswers(plain, { question: 'problem', answer: 'solution' });
    expect(await readQuestionsWithAnswers(plain, COLUMNS)).toEqual(expected);
    expect(await readQuestionsWithAnswers(packed, COLUMNS)).toEqual(expected);
  });

  it('gives advice for an unsupported compression and for a truncated file', async () => {
    const columns = { question: 'problem', answer: 'value' };
    expect(await problem(join(PARQUET, 'zstd.parquet'), columns)).toMatch(
      /cannot be read: .*\n.*Snappy, GZIP or Brotli/,
    );
    expect(await problem(file('PAR1 and then nothing'), columns)).toContain('cannot be read');
  });
});
