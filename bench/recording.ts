/**
 * Records `rzero evolve` in a real terminal and writes docs/images/evolve.svg, the picture in the README.
 * A terminal emulator interprets the program's output, so the picture shows what a user sees.
 * Needs Linux, for `script` (util-linux). The time axis is compressed to `--seconds`.
 *
 *   npm run build && npm run docs:recording
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import headless from '@xterm/headless';
import { ROOT } from '../test/fixtures/program.ts';
import { drawFrames, type Frame, type Screen, type Span } from './lib/terminal-svg.ts';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(ROOT, 'docs/images/evolve.svg') },
    seconds: { type: 'string', default: '20' },
    scale: { type: 'string', default: 'tiny' },
  },
});
const SCREEN: Screen = { columns: 80, rows: 36 };
/** Seconds for which the last frame stays. */
const HOLD = 8;
const FRAMES_PER_SECOND = 4;

/** Output of the program in chunks, with the seconds since its start. */
interface Piece {
  at: number;
  bytes: Buffer;
}

function record(folder: string): Piece[] {
  const [out, timing] = [join(folder, 'out'), join(folder, 'timing')];
  const program = join(ROOT, 'dist/cli/main.js');
  // A working folder with its own copy of the model, so that the picture shows short paths.
  cpSync(join(ROOT, 'models/arith-base'), join(folder, 'models/arith-base'), { recursive: true });
  const evolve = `stty cols ${SCREEN.columns} rows ${SCREEN.rows} && cd ${folder} && node ${program} evolve --scale ${options.scale}`;
  execFileSync('script', ['--quiet', '--log-out', out, '--log-timing', timing, '--command', evolve], {
    stdio: 'ignore',
    env: { ...process.env, TERM: 'xterm-256color' },
  });
  const bytes = readFileSync(out);
  // `script` prints a header line before the output.
  let from = bytes.indexOf(0x0a) + 1;
  let at = 0;
  return readFileSync(timing, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [delay, length] = line.split(' ').map(Number);
      at += delay;
      const piece = { at, bytes: bytes.subarray(from, from + length) };
      from += length;
      return piece;
    });
}

async function framesOf(pieces: readonly Piece[], seconds: number): Promise<Frame[]> {
  const terminal = new headless.Terminal({ cols: SCREEN.columns, rows: SCREEN.rows, allowProposedApi: true });
  const speed = (pieces.at(-1)?.at ?? 1) / seconds;
  const frames: Frame[] = [];
  let next = 0;
  for (const [index, { at, bytes }] of pieces.entries()) {
    await new Promise<void>((resolve) => terminal.write(bytes, resolve));
    if (at / speed < next && index + 1 < pieces.length) continue;
    frames.push({ at: at / speed, lines: linesOf(terminal) });
    next = at / speed + 1 / FRAMES_PER_SECOND;
  }
  return frames.map((frame, index) => (index === 0 ? { ...frame, at: 0 } : frame));
}

function linesOf(terminal: InstanceType<typeof headless.Terminal>): Span[][] {
  const buffer = terminal.buffer.active;
  return Array.from({ length: terminal.rows }, (_, row) => {
    const line = buffer.getLine(buffer.baseY + row);
    const spans: Span[] = [];
    for (let column = 0; line !== undefined && column < terminal.cols; column++) {
      const cell = line.getCell(column);
      if (cell === undefined || cell.getWidth() === 0) continue;
      const style = {
        bold: cell.isBold() !== 0,
        dim: cell.isDim() !== 0,
        colour: cell.isFgPalette() ? cell.getFgColor() : null,
      };
      const last = spans.at(-1);
      const same =
        last !== undefined && last.bold === style.bold && last.dim === style.dim && last.colour === style.colour;
      if (same) last.text += cell.getChars() || ' ';
      else spans.push({ column, text: cell.getChars() || ' ', ...style });
    }
    return spans.map((span) => ({ ...span, text: span.text.trimEnd() })).filter(({ text }) => text !== '');
  });
}

const folder = mkdtempSync(join(tmpdir(), 'rzero-'));
try {
  const seconds = Number(options.seconds);
  const frames = await framesOf(record(folder), seconds);
  const svg = drawFrames(frames, SCREEN, seconds + HOLD);
  writeFileSync(options.out, svg);
  console.log(`${options.out}: ${frames.length} frames, ${Math.round(svg.length / 1024)} KiB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
