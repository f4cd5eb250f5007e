import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../events.ts';
import { remaining, tick } from './clock.ts';
import { width } from '../render/format.ts';
import { ansiPalette, plainPalette, wantsColour } from '../render/palette.ts';
import { statusLine, ttyRenderer } from './tty.ts';

const CLEAR = '\r\u001b[2K';
const STAGE: RunEvent = { type: 'stage-start', iteration: 1, stage: 'train-solver', steps: 4, done: 0 };

type ProgressEvent = Extract<RunEvent, { type: 'progress' }>;

function progress(step: number, done: number, total: number): ProgressEvent {
  return {
    type: 'progress',
    iteration: 1,
    stage: 'train-solver',
    step,
    steps: 4,
    what: 'rollouts',
    done,
    total,
    tokensPerSecond: null,
  };
}

function step(index: number, remainingSeconds: number | null): RunEvent {
  return {
    type: 'step',
    iteration: 1,
    stage: 'train-solver',
    step: index,
    steps: 4,
    seconds: 2,
    remainingSeconds,
    metrics: {},
  };
}

describe('the live line', () => {
  it('is rewritten in place and replaced by permanent lines', () => {
    let now = 0;
    let text = '';
    const renderer = ttyRenderer({
      write: (more) => (text += more),
      columns: () => 60,
      now: () => now,
      style: { palette: plainPalette, program: 'rzero', runsDir: '/here/runs', base: null, verbose: false },
    });
    renderer.handle(progress(0, 64, 256));
    now = 0.01;
    renderer.handle(progress(0, 65, 256));
    now = 1;
    renderer.handle(progress(0, 128, 256));
    renderer.handle({ type: 'warning', message: 'careful' });
    renderer.note('noted');
    renderer.close();
    expect(text).toBe(
      `${CLEAR}  ░░░░░░░░░░░░░░░░  step 1/4 · rollouts 64/256` +
        `${CLEAR}  ░░░░░░░░░░░░░░░░  step 1/4 · rollouts 128/256` +
        `${CLEAR}  ! careful\nnoted\n`,
    );
  });

  it('shows a bar for a download', () => {
    const download: RunEvent = {
      type: 'download',
      model: 'owner/name',
      file: 'model.safetensors',
      done: 3e8,
      total: 1.2e9,
      bytesPerSecond: 3e7,
    };
    expect(statusLine(download, null, 0, 100)).toBe(
      '  ████░░░░░░░░░░░░  model.safetensors · 300 MB of 1.2 GB · 30 MB/s · 30 s left',
    );
    expect(statusLine({ ...download, total: null }, null, 0, 100)).toMatch(
      /^ {2}░{16} {2}model\.safetensors · 300 MB ·/,
    );
  });

  it('never wraps, even in a narrow window', () => {
    for (const columns of [12, 20, 40, 80]) {
      expect(width(statusLine(progress(3, 120, 256), null, 0, columns))).toBeLessThan(columns);
    }
  });
});

describe('the stage clock', () => {
  it('estimates from the fraction done until a step reports a forecast', () => {
    let clock = tick(null, STAGE, 100);
    clock = tick(clock, progress(1, 0, 10), 110);
    expect(clock && remaining(clock, 110)).toBeCloseTo(30, 6);
    clock = tick(clock, step(1, 12), 120);
    expect(clock && remaining(clock, 125)).toBeCloseTo(7, 6);
    expect(clock && remaining(clock, 500)).toBe(0);
  });

  it('has no estimate at the start and ends with the stage', () => {
    const clock = tick(null, STAGE, 0);
    expect(clock && remaining(clock, 5)).toBeNull();
    expect(
      tick(clock, { type: 'stage-end', iteration: 1, stage: 'train-solver', seconds: 5, metrics: {} }, 5),
    ).toBeNull();
  });

  it('ignores steps of an earlier session in its speed', () => {
    const clock = tick(tick(null, { ...STAGE, done: 2 }, 0), progress(3, 0, 10), 10);
    expect(clock && remaining(clock, 10)).toBeCloseTo(10, 6);
  });
});

describe('colour', () => {
  it('is used on terminals unless disabled', () => {
    expect(wantsColour(true, {})).toBe(true);
    expect(wantsColour(true, { NO_COLOR: '' })).toBe(true);
    expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour(true, { TERM: 'dumb' })).toBe(false);
    expect(wantsColour(false, {})).toBe(false);
    expect(wantsColour(false, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true);
    expect(wantsColour(true, { FORCE_COLOR: '0' })).toBe(false);
  });

  it('is written as ANSI codes to any stream', () => {
    expect(ansiPalette.bold(`a${ansiPalette.green('b')}`)).toBe('\u001b[1ma\u001b[32mb\u001b[39m\u001b[22m');
    expect(plainPalette.bold('a')).toBe('a');
  });
});
