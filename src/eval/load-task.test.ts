import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readRows } from '../data/rows.ts';
import { EvalError } from '../errors.ts';
import { deriveSeed, Random } from '../random.ts';
import { findTasks, TASKS } from './benchmarks/index.ts';
import { ownFileTask } from './benchmarks/own-file.ts';
import { loadTask, splitFiles } from './load-task.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-tasks-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

/** Rows in each task's format, one of them broken, with the expected results. */
const SHAPES: Record<string, { file: string; text: string; answers: string[][]; malformed: Record<string, number> }> = {
  gsm8k: {
    file: 'gsm8k_test.jsonl',
    text: '{"question":"Two and two?","answer":"2+2=<<2+2=4>>4\\n#### 4"}\n{"question":"A lot?","answer":"#### 1,200"}\n{"question":"No mark","answer":"5"}\n{"question":',
    answers: [['4'], ['1,200']],
    malformed: { 'no #### before the answer': 1, 'invalid JSON': 1 },
  },
  math500: {
    file: 'math500_test.jsonl',
    text: '{"problem":"Halve 1.","solution":"\\\\boxed{\\\\frac12}","answer":"\\\\frac12","subject":"Algebra","unique_id":"t/1"}\n{"problem":"  ","answer":"1"}',
    answers: [['\\frac12']],
    malformed: { 'no question': 1 },
  },
  amc23: {
    file: 'amc23_40.jsonl',
    text: '{"id":0,"problem":"p","answer":27.0,"question":"p"}\n{"id":1,"problem":"q","answer":"about 3"}',
    answers: [['27']],
    malformed: { 'the answer is not a whole number': 1 },
  },
  aime24: {
    file: 'aime24.jsonl',
    text: '{"id":60,"problem":"p","solution":"s","answer":"025","url":""}',
    answers: [['25']],
    malformed: {},
  },
  aime25: {
    file: 'aime25.jsonl',
    text: '{"id":"I-1","problem":"p","solution":"","answer":"70","url":""}\n{"id":"I-1","problem":"q","answer":"71"}',
    answers: [['70'], ['71']],
    malformed: {},
  },
  minerva: {
    file: 'minerva_272_with_answer.json',
    text: '[{"problem":"p","solution":"so \\\\boxed{9.6} m","answer":["7\\n"]},{"problem":"q","solution":"none","answer":["2\\n","2.0"]},{"problem":"r"}]',
    answers: [['9.6'], ['2']],
    malformed: { 'no answer': 1 },
  },
  olympiad: {
    file: 'olympiadbench_675.jsonl',
    text: '{"id":1,"question":"p","context":"c","final_answer":["$1$,$2$"],"is_multiple_answer":true,"unit":null,"error":null}\n{"id":2,"question":"q","final_answer":["4.2"],"is_multiple_answer":false,"unit":"%","error":"1e-1"}\n{"id":3,"question":"r","final_answer":[]}',
    answers: [['$1$,$2$'], ['4.2']],
    malformed: { 'no answer': 1 },
  },
  'mmlu-pro': {
    file: 'mmlu_pro_test_12032.jsonl',
    text: '{"question_id":1,"question":"p","options":["x","y"],"answer":"B","answer_index":1}\n{"question_id":2,"question":"q","options":["x","y"],"answer":"B","answer_index":0}\n{"question_id":3,"question":"r","options":["x","y"],"answer":"C","answer_index":2}\n{"question_id":4,"question":"s","options":["x"],"answer":"A","answer_index":0}',
    answers: [['B'], ['B']],
    malformed: { 'the answer is none of the choices': 1, 'fewer than two choices': 1 },
  },
  supergpqa: {
    file: 'supergpqa.jsonl',
    text: '{"uuid":"u1","question":"p","options":["x","y","z"],"answer":"z","answer_letter":"C"}\n{"uuid":"u2","question":"q","options":["x","y"],"answer":"x","answer_letter":"B"}',
    answers: [['C']],
    malformed: { 'letter and text of the answer disagree': 1 },
  },
  bbeh: {
    file: 'bbeh_mini_460.json',
    text: '{"canary":"do not train on this","examples":[{"input":"p","target":"yes, no"},{"input":"q","target":418.0},{"input":"r"}]}',
    answers: [['yes, no'], ['418']],
    malformed: { 'no answer': 1 },
  },
  svamp: {
    file: 'svamp_1000.json',
    text: '[{"ID":"c-1","Body":"He has 3 left","Question":"How many?","Answer":3.0,"Type":"Sum"},{"ID":"c-2","Body":"x","Question":"y?"}]',
    answers: [['3']],
    malformed: { 'no answer': 1 },
  },
};

describe('rows of a task', () => {
  it.each(TASKS.map((task) => [task.name, task] as const))(
    'become items, with broken rows counted: %s',
    async (name, task) => {
      const { file, text, answers, malformed } = SHAPES[name];
      write(file, text);
      const loaded = await loadTask(task, { dataDir: root });
      const found = loaded.items.map(({ reference }) => reference.answers.join());
      expect(new Set(found)).toEqual(new Set(answers.map((one) => one.join())));
      expect(found).toHaveLength(answers.length);
      expect(loaded.malformed.reasons).toEqual(malformed);
      expect(loaded.malformed.count).toBe(Object.values(malformed).reduce((sum, count) => sum + count, 0));
      expect(loaded.from).toBe(file);
      expect(loaded.notes.join()).toContain('where the published test has');
    },
  );

  it("carry OlympiadBench's information about its answers", async () => {
    write('olympiadbench_675.jsonl', SHAPES.olympiad.text);
    const { items } = await loadTask(findTasks('olympiad')[0], { dataDir: root });
    const [several, tolerant] = items.toSorted((a, b) => a.id.localeCompare(b.id));
    expect(several).toMatchObject({ question: 'c\n\np', reference: { unordered: true } });
    expect(tolerant.reference).toEqual({ answers: ['4.2'], unit: '%', tolerance: 0.1 });
  });

  it('keep a question with contradictory data if its authors do, with a remark', async () => {
    write('mmlu_pro_test_12032.jsonl', SHAPES['mmlu-pro'].text);
    const { notes } = await loadTask(findTasks('mmlu-pro')[0], { dataDir: root });
    expect(notes.at(-1)).toContain('in 1 of the questions letter and number of the answer disagree');
  });

  it('get unique ids even if the data repeats one', async () => {
    write('aime25.jsonl', SHAPES.aime25.text);
    const { items } = await loadTask(findTasks('aime25')[0], { dataDir: root });
    expect(items.map(({ id }) => id).toSorted()).toEqual(['I-1', 'I-1#2']);
  });

  it('are asked in a fixed order', async () => {
    const lines = Array.from({ length: 50 }, (_, at) => `{"question":"q${at}","answer":"#### ${at}"}`);
    write('gsm8k_test.jsonl', lines.join('\n'));
    const [task] = findTasks('gsm8k');
    const [first, second] = [await loadTask(task, { dataDir: root }), await loadTask(task, { dataDir: root })];
    expect(first.items).toEqual(second.items);
    const order = new Random(deriveSeed('order of questions', 'gsm8k')).shuffle(lines.map((_, at) => `q${at}`));
    expect(first.items.map(({ question }) => question)).toEqual(order);
  });
});

describe('own file', () => {
  const columns = { question: 'q', answer: 'a' };

  it('is read as CSV, with broken records counted', async () => {
    const path = write('mine.csv', 'q,a\n"What is 1 + 1?",2\nonly one field\n,3\n');
    const { items, malformed, task } = await loadTask(ownFileTask(path, columns));
    expect(items).toMatchObject([{ question: 'What is 1 + 1?', reference: { answers: ['2'] }, choices: null }]);
    expect(malformed.reasons).toEqual({ '1 field where the header has 2': 1, 'no question': 1 });
    expect(task).toMatchObject({ name: 'mine', grading: 'math' });

    const open = write('open.csv', 'q,a\n1 + 1?,2\n"1 + 2?,3\n1 + 3?,4\n');
    const rest = await loadTask(ownFileTask(open, columns));
    expect(rest.items).toMatchObject([{ question: '1 + 1?' }]);
    expect(rest.malformed.reasons).toEqual({ 'a quote that is never closed': 1 });
  });

  it('accepts choices as a list, as JSON or in columns, and three forms of the answer', async () => {
    const lists = write(
      'lists.jsonl',
      '{"q":"p","a":"B","c":["x","y"]}\n{"q":"r","a":"y","c":["x","y"]}\n{"q":"s","a":1,"c":["x","y"]}\n{"q":"t","a":"z","c":["x","y"]}',
    );
    const columnar = write('columns.csv', 'q,a,o1,o2\np,y,x,y\n');
    const json = write('json.csv', 'q,a,c\np,(B),"[""x"",""y""]"\nr,B,no list\n');
    const answersOf = async (path: string, choices: string): Promise<unknown> => {
      const { items, malformed } = await loadTask(ownFileTask(path, { ...columns, choices }));
      return [items.map(({ reference }) => reference.answers.join()), malformed.reasons];
    };
    expect(await answersOf(lists, 'c')).toEqual([['B', 'B', 'B'], { 'the answer is none of the choices': 1 }]);
    expect(await answersOf(columnar, 'o1, o2')).toEqual([['B'], {}]);
    expect(await answersOf(json, 'c')).toEqual([['B'], { 'fewer than two choices': 1 }]);
  });

  it('reports a missing column or file', async () => {
    const path = write('other.jsonl', '{"text":"p","a":"1"}');
    await expect(loadTask(ownFileTask(path, columns))).rejects.toThrow('there is no column "q"; found: text, a.');
    await expect(loadTask(ownFileTask(join(root, 'none.jsonl'), columns))).rejects.toThrow(EvalError);
    expect(() => ownFileTask('mine.xlsx', columns)).toThrow('.parquet');
  });
});

describe('files', () => {
  it('of JSON Lines are split at line feeds only', async () => {
    const path = write('separators.jsonl', `{"q":"a\u2028b\u0085c"}\r\n\n{"q":"d"}`);
    expect(await readRows(path)).toEqual([
      { place: `${path}:1`, columns: { q: 'a\u2028b\u0085c' } },
      { place: `${path}:3`, columns: { q: 'd' } },
    ]);
  });

  it('of Parquet return lists and integers as the hub stores them', async () => {
    const path = fileURLToPath(new URL('../../test/fixtures/eval/choices.parquet', import.meta.url));
    const rows = await readRows(path);
    const items = rows.map((row, at) => 'columns' in row && findTasks('mmlu-pro')[0].toItem(row.columns, at));
    expect(items).toMatchObject([
      { id: '70', choices: ['iron', 'neon'], reference: { answers: ['B'] } },
      { id: '71', choices: ['3', '5', '8'], reference: { answers: ['C'] } },
      { id: '72', choices: ['ruby', 'jade', 'opal', 'onyx'], reference: { answers: ['A'] } },
    ]);
  });

  it('that are damaged cause errors with their name', async () => {
    await expect(readRows(write('bad.parquet', 'PAR1 no'))).rejects.toThrow('bad.parquet cannot be read');
    await expect(readRows(write('bad.json', '{"a":1}'))).rejects.toThrow('neither a list');
    await expect(readRows(write('bad.txt', ''))).rejects.toThrow('an unsupported file type');
  });

  it.each(['rows.jsonl', 'rows.json', 'rows.csv', 'rows.parquet'])(
    'that are a Git LFS pointer or a web page say so: %s',
    async (name) => {
      const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0a1b\nsize 12\n';
      await expect(readRows(write(name, pointer))).rejects.toThrow(/holds a Git LFS pointer[^]*git lfs pull/);
      await expect(readRows(write(name, '<!doctype html>\n'))).rejects.toThrow('holds a web page');
    },
  );

  it('of a split are found under every naming scheme', () => {
    const test = { split: 'test' };
    expect(splitFiles(['README.md', 'data/train-0.parquet', 'data/test-0.parquet'], test)).toEqual([
      'data/test-0.parquet',
    ]);
    expect(splitFiles(['main/test-0.parquet', 'socratic/test-0.parquet'], { ...test, config: 'main' })).toEqual([
      'main/test-0.parquet',
    ]);
    expect(splitFiles(['test.jsonl', 'test.parquet', 'latest.jsonl'], test)).toEqual(['test.parquet']);
    expect(splitFiles(['all.jsonl', 'dataset_infos.json'], test)).toEqual(['all.jsonl']);
    expect(splitFiles(['train.jsonl'], test)).toEqual([]);
  });
});

describe('findTasks', () => {
  it('finds names, groups and revisions, and lists them for an unknown name', () => {
    expect(findTasks('math, gsm8k').map(({ name }) => name)).toHaveLength(7);
    expect(findTasks('paper')).toHaveLength(10);
    const [pinned] = findTasks(['gsm8k@abc123']);
    expect(pinned.source).toMatchObject({ files: [], hub: { revision: 'abc123' } });
    expect(() => findTasks('gsm9k')).toThrow('gsm8k');
  });
});
