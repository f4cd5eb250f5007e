/** Draws lines with uPlot: builds its options and its data from lines and colours. */

import uPlot from 'uplot';
import { type Boundary, columnsOf, type Line, type LineOptions } from './line.ts';

export interface PlotOptions extends LineOptions {
  lines: readonly Line[];
  /** Writes a value of the vertical axis. */
  format: (value: number) => string;
  /** Writes a value of the horizontal axis. */
  formatX: (value: number) => string;
  boundaries: readonly Boundary[];
  /** Charts with the same key share their cursor. */
  syncKey: string;
  width: number;
  height: number;
  /** The visible part of the horizontal axis. */
  range: () => [number, number];
  onSelect: (range: [number, number]) => void;
  onReset: () => void;
  /** The cursor moved to this place of the axis; null: it left. */
  onCursor: (x: number | null) => void;
  /** Resolves a colour variable. */
  colour: (name: string) => string;
}

/** uPlot's logarithmic scale. Its enum exists only in types. */
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment
const LOG = 3 as uPlot.Scale.Distr;

/** Series of uPlot per line: the values, the smoothed ones, and both bounds. */
const PER_LINE = 4;

/** Creates the chart inside an element. */
export function createPlot(element: HTMLElement, options: PlotOptions): uPlot {
  return new uPlot(uplotOptions(options), plotData(options), element);
}

/** Returns the data for the visible range. */
export function plotData({ lines, range, width, ...options }: PlotOptions): uPlot.AlignedData {
  const tables = lines.map((line): uPlot.AlignedData => columnsOf(line, options, range(), Math.max(50, width)));
  // `join` aligns lines whose points were thinned out at different places.
  const joined = tables.length === 0 ? [[]] : tables.length === 1 ? tables[0] : uPlot.join(tables);
  return joined as uPlot.AlignedData;
}

function uplotOptions(options: PlotOptions): uPlot.Options {
  const { lines, colour, log, width, height, syncKey, onSelect, onReset, onCursor, range } = options;
  const axis = { stroke: colour('--soft'), font: '11px system-ui, sans-serif', ticks: { show: false } };
  const grid = { stroke: colour('--line'), width: 1 };
  return {
    width,
    height,
    legend: { show: false },
    padding: [14, 10, 0, 0],
    scales: { x: { time: false, range: () => range() }, y: log ? { distr: LOG } : { range: spread } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, values: (_, ticks) => ticks.map(wholeOnly(options.formatX)) },
      {
        ...axis,
        grid,
        size: 52,
        gap: 6,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : options.format(tick))),
      },
    ],
    series: [{}, ...lines.flatMap((line) => seriesOf(line, options))],
    bands: lines.flatMap((line, at) => {
      const first = 1 + at * PER_LINE;
      return !line.hasBand ? [] : [{ series: [first + 3, first + 2], fill: faint(colour(line.colour), 0.16) } as const];
    }),
    cursor: {
      y: false,
      sync: { key: syncKey },
      drag: { x: true, y: false, setScale: false },
      points: { show: false },
      bind: {
        dblclick: () => () => {
          onReset();
          return null;
        },
      },
    },
    hooks: {
      drawClear: [(plot) => drawBoundaries(plot, options)],
      setCursor: [
        ({ cursor, posToVal }) =>
          onCursor(cursor.left === undefined || cursor.left < 0 ? null : posToVal(cursor.left, 'x')),
      ],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 4) return;
          const [low, high] = [plot.posToVal(left, 'x'), plot.posToVal(left + wide, 'x')];
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          onSelect([low, high]);
        },
      ],
    },
  };
}

function seriesOf({ colour: name, dash, hasBand, x }: Line, { smoothing, colour }: PlotOptions): uPlot.Series[] {
  const stroke = colour(name);
  const isSmoothed = smoothing > 0;
  const points = { show: x.length <= 40 && !isSmoothed, size: 5, fill: stroke };
  const bound = { show: hasBand, stroke: 'transparent', width: 0, points: { show: false } };
  return [
    {
      stroke: isSmoothed ? faint(stroke, 0.3) : stroke,
      width: isSmoothed ? 1 : 1.8,
      dash: isSmoothed ? [] : dash,
      points,
    },
    { show: isSmoothed, stroke, width: 2, dash, points: { show: false } },
    bound,
    bound,
  ];
}

function wholeOnly(format: (value: number) => string): (value: number | null) => string {
  return (value) => (value === null || !Number.isInteger(value) ? '' : format(value));
}

function drawBoundaries(plot: uPlot, { boundaries, colour, range }: PlotOptions): void {
  const { ctx, bbox } = plot;
  const [low, high] = range();
  ctx.save();
  ctx.strokeStyle = colour('--line-strong');
  ctx.fillStyle = colour('--soft');
  ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  let free = -Infinity;
  for (const { x, label } of boundaries) {
    if (x < low || x > high) continue;
    const at = Math.round(plot.valToPos(x, 'x', true));
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    // Labels that would touch the one before are left out.
    if (at < free) continue;
    ctx.fillText(label, at + 3 * devicePixelRatio, bbox.top - 4 * devicePixelRatio);
    free = at + ctx.measureText(label).width + 10 * devicePixelRatio;
  }
  ctx.restore();
}

/** Range of the vertical axis. A line that never changes lies near the bottom of a small range, not in 0 to 100. */
function spread(_: uPlot, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  if (low === high) return low === 0 ? [0, 0.1] : [low - Math.abs(low) * 0.1, high + Math.abs(high) * 0.1];
  const [from, to] = uPlot.rangeNum(low, high, 0.1, true);
  return [from ?? low, to ?? high];
}

/** A colour as drawn by the browser (`rgb(r, g, b)`) with an opacity. */
function faint(colour: string, opacity: number): string {
  const parts = /\d+(?:\.\d+)?/g;
  const [red, green, blue] = colour.match(parts) ?? ['0', '0', '0'];
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}
