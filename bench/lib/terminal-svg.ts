/**
 * Draws frames of a terminal as one animated SVG. Every distinct line is drawn once, and each frame refers to it.
 * The animation is CSS, so it plays inside an `<img>` without scripts.
 */

/** A part of a line in one style. */
export interface Span {
  /** Column of its first character, 0-based. */
  column: number;
  text: string;
  bold: boolean;
  dim: boolean;
  /** ANSI palette index 0..15, or null for the default colour. */
  colour: number | null;
}

/** The screen at one moment. */
export interface Frame {
  /** Seconds from the start of the animation. */
  at: number;
  lines: Span[][];
}

export interface Screen {
  columns: number;
  rows: number;
}

const CELL_WIDTH = 8.4;
const LINE_HEIGHT = 18;
const PADDING = 14;
const COLOURS = ['#484f58', '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#e6edf3'];

/** Renders an SVG that plays `frames` in a loop of `seconds`. Without animation, it shows the first frame. */
export function drawFrames(frames: readonly Frame[], screen: Screen, seconds: number): string {
  const width = Math.round(screen.columns * CELL_WIDTH + 2 * PADDING);
  const height = screen.rows * LINE_HEIGHT + 2 * PADDING;
  const ids = new Map<string, string>();
  const groups = frames.map(({ lines }, frame) => {
    const uses = lines.flatMap((line, row) => {
      if (line.length === 0) return [];
      const drawn = drawLine(line);
      const id = ids.get(drawn) ?? `l${ids.size}`;
      ids.set(drawn, id);
      return [`<use href="#${id}" y="${row * LINE_HEIGHT}"/>`];
    });
    return `<g class="f" id="f${frame}">${uses.join('')}</g>`;
  });
  const definitions = [...ids].map(([drawn, id]) => `<g id="${id}">${drawn}</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Terminal recording of rzero evolve">`,
    `<style>${styleOf(frames, seconds)}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    `<defs>${definitions.join('\n')}</defs>`,
    `<g transform="translate(${PADDING} ${PADDING + 13})">${groups.join('\n')}</g>`,
    '</svg>\n',
  ].join('\n');
}

function styleOf(frames: readonly Frame[], seconds: number): string {
  const base =
    "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#e6edf3;white-space:pre}" +
    '.b{font-weight:700}.d{opacity:.6}.f{visibility:hidden}';
  const rules = frames.map(({ at }, frame) => {
    const start = percent(at / seconds);
    const end = percent((frames[frame + 1]?.at ?? seconds) / seconds);
    const hiddenBefore = frame === 0 ? '' : '0%{visibility:hidden}';
    const hiddenAfter = end === '100%' ? '' : `${end}{visibility:hidden}`;
    return (
      `@keyframes k${frame}{${hiddenBefore}${start}{visibility:visible}${hiddenAfter}}` +
      `#f${frame}{animation:k${frame} ${seconds}s step-end infinite}`
    );
  });
  return `${base}${rules.join('')}@media(prefers-reduced-motion:reduce){.f{animation:none!important}#f${frames.length - 1}{visibility:visible}}`;
}

function drawLine(line: readonly Span[]): string {
  return line
    .map(({ column, text, bold, dim, colour }) => {
      const classes = [...(bold ? ['b'] : []), ...(dim ? ['d'] : [])].join(' ');
      const style = classes === '' ? '' : ` class="${classes}"`;
      const fill =
        colour === null
          ? ''
          : ` fill="${COLOURS[colour % COLOURS.length]}" style="fill:${COLOURS[colour % COLOURS.length]}"`;
      const length = ` textLength="${shorten(text.length * CELL_WIDTH)}"`;
      return `<text x="${shorten(column * CELL_WIDTH)}"${length}${style}${fill}>${escapeText(text)}</text>`;
    })
    .join('');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))}%`;
}

function shorten(value: number): string {
  return String(Number(value.toFixed(1)));
}
