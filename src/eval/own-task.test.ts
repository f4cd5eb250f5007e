import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openItem, textOf } from './benchmarks/fields.ts';
import { loadTask } from './load-task.ts';
import { checkTask, defineTask, isTaskPath, openTasks } from './own-task.ts';
import type { Task } from './task.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-own-task-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

const rows = file('rows.jsonl', '{"question": "Compute 1 + 1.", "answer": 2}\n{"question": "No answer."}\n');
const task = defineTask({
  name: 'mine',
  files: [rows],
  toItem: (row, at) => openItem(at, { id: null, question: textOf(row, 'question'), answer: textOf(row, 'answer') }),
});

describe('a custom task', () => {
  it('needs a name, files and toItem; all other members have defaults', async () => {
    expect(task).toMatchObject({ title: 'mine', group: 'other', grading: 'math', metric: { kind: 'greedy' } });
    expect(defineTask({ ...task, title: 'Mine', grading: 'letter' })).toMatchObject({
      title: 'Mine',
      grading: 'letter',
    });
    const { items, malformed } = await loadTask(task);
    expect(items.map(({ reference }) => reference.answers)).toEqual([['2']]);
    expect(malformed.reasons).toEqual({ 'no answer': 1 });
  });

  it.each<[string, unknown, RegExp]>([
    ['a text', 'mine', /is not an object/],
    ['a bad name', { ...task, name: 'a b' }, /has no name/],
    ['a missing toItem', { ...task, toItem: undefined }, /has no toItem/],
    ['an unknown grading', { ...task, grading: 'essay' }, /has no grading of math, letter, bbeh/],
    ['no source', { ...task, source: undefined }, /has no source/],
  ])('is rejected for %s', (_, value, reason) => {
    expect(() => checkTask(value, 'here')).toThrow(reason);
  });
});

describe('an entry of a list of tasks', () => {
  const names = async (entry: string): Promise<string[]> =>
    (await openTasks(entry)).tasks.map(({ name }: Task) => name);

  it.each([
    ['gsm8k', false],
    ['gsm8k@refs/convert/parquet', false],
    ['math', false],
    ['./mine.mjs', true],
    ['rows.jsonl', true],
  ])('%s', (entry, isPath) => {
    expect(isTaskPath(entry)).toBe(isPath);
  });

  it('is a benchmark, a group, a data file, or a module with one or several tasks', async () => {
    expect(await names('gsm8k')).toEqual(['gsm8k']);
    expect((await names('paper')).length).toBe(10);
    expect(await names(rows)).toEqual(['rows']);
    const body =
      "title: 't', group: 'other', grading: 'math', metric: { kind: 'greedy' }, source: { files: [], hub: null }, sizes: [], toItem: () => ({ malformed: '' })";
    const module = file('two.mjs', `export default [{ name: 'one', ${body} }, { name: 'two', ${body} }];\n`);
    expect(await names(module)).toEqual(['one', 'two']);
    await expect(openTasks(join(root, 'rows.txt'))).rejects.toThrow(/an unsupported file type/);
  });
});
