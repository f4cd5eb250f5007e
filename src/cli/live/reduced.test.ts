import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../events.ts';
import { StoreError } from '../../errors.ts';
import { wantsLiveLine } from '../render/palette.ts';
import { fileWriter, quietRenderer, teeRenderer } from './reduced.ts';
import type { Renderer } from './renderer.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function recorder(): Renderer & { seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    handle: ({ type }) => void seen.push(type),
    note: (line) => void seen.push(line),
    close: () => void seen.push('closed'),
  };
}

const place = { iteration: 1, stage: 'propose', step: 0, steps: 2 } as const;
const EVENTS: RunEvent[] = [
  { type: 'progress', ...place, what: 'questions', done: 1, total: 2, tokensPerSecond: null },
  { type: 'stage-start', iteration: 1, stage: 'propose', steps: 2, done: 0 },
  { type: 'warning', message: 'careful' },
];

describe('quietRenderer', () => {
  it('passes on warnings and notes, and nothing of the progress', () => {
    const inner = recorder();
    const quiet = quietRenderer(inner);
    EVENTS.forEach((event) => quiet.handle(event));
    quiet.note('stopping');
    quiet.close();
    expect(inner.seen).toEqual(['warning', 'stopping', 'closed']);
  });
});

describe('teeRenderer', () => {
  it('shows everything, and logs all but the progress', () => {
    const [shown, logged] = [recorder(), recorder()];
    const tee = teeRenderer(shown, logged);
    EVENTS.forEach((event) => tee.handle(event));
    tee.note('stopping');
    tee.close();
    expect(shown.seen).toEqual(['progress', 'stage-start', 'warning', 'stopping', 'closed']);
    expect(logged.seen).toEqual(['stage-start', 'warning', 'stopping', 'closed']);
  });
});

describe('fileWriter', () => {
  it('appends to a file and creates its folder', () => {
    const path = join(root, 'logs', 'run.txt');
    fileWriter(path)('one\n');
    fileWriter(path)('two\n');
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('names a file that cannot be written', () => {
    expect(() => fileWriter(root)).toThrow(StoreError);
    expect(() => fileWriter(root)).toThrow(/--log-file/);
  });
});

it.each([
  [true, {}, true],
  [false, {}, false],
  [true, { TERM: 'dumb' }, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb', FORCE_COLOR: '1' }, false],
])('a terminal (%s) with %j gets control sequences: %s', (isTTY, environment, expected) => {
  expect(wantsLiveLine(isTTY, environment)).toBe(expected);
});
