/**
 * A chart of lines: zoom by dragging, the value under the cursor, the same by keyboard. It is drawn again when its lines
 * change their form, and otherwise only gets new data, so that news keep the zoom. Next: `plot.ts`, `line.ts`.
 */

import 'uplot/dist/uPlot.min.css';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { theme } from '../frame/theme.ts';
import './chart.css';
import { nearest } from './decimate.ts';
import { type Boundary, fullRange, type Line, zoomed } from './line.ts';
import { createPlot, plotData, type PlotOptions } from './plot.ts';

export interface ChartProps {
  title: string;
  lines: readonly Line[];
  format: (value: number) => string;
  formatX: (value: number) => string;
  boundaries: readonly Boundary[];
  syncKey: string;
  smoothing: number;
  log: boolean;
  height: number;
  /** The part that is zoomed into; null: all. */
  range: readonly [number, number] | null;
  onRange: (range: [number, number] | null) => void;
  /** `byKey`: the reader moved it with the keyboard. */
  onCursor: (x: number | null, byKey: boolean) => void;
}

export function Chart(props: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const current = useRef(props);
  current.current = props;
  const { lines, smoothing, log, height, syncKey, title } = props;
  const full = useMemo(() => fullRange(lines), [lines]);
  const form = [
    theme.value,
    smoothing > 0,
    log,
    height,
    syncKey,
    ...lines.map(({ key, colour, dash, hasBand, x }) => [key, colour, dash, hasBand, x.length <= 40].join(' ')),
  ].join('\n');

  const optionsOf = (box: HTMLElement): PlotOptions => ({
    lines: current.current.lines,
    smoothing: current.current.smoothing,
    log,
    format: current.current.format,
    formatX: current.current.formatX,
    boundaries: current.current.boundaries,
    syncKey,
    width: Math.max(120, box.clientWidth),
    height,
    range: () => visibleRange(current.current),
    onSelect: (range) => current.current.onRange(range),
    onReset: () => current.current.onRange(null),
    onCursor: (x) => current.current.onCursor(x, false),
    colour: (name) => resolve(box, name),
  });

  useEffect(() => {
    const box = element.current;
    if (box === null) return;
    const made = createPlot(box, optionsOf(box));
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (box.clientWidth > 0 && box.clientWidth !== made.width) {
        made.setSize({ width: box.clientWidth, height });
        made.setData(plotData(optionsOf(box)));
      }
    });
    observer.observe(box);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [form]);

  useEffect(() => {
    const box = element.current;
    if (box === null || plot.current === null) return;
    const data = plotData(optionsOf(box));
    plot.current.setData(data);
    box.dataset.drawn = String(data[0].length);
  }, [lines, props.range, smoothing, props.boundaries]);

  const moveTo = (x: number): void => {
    plot.current?.setCursor({ left: plot.current.valToPos(x, 'x'), top: 10 }, false);
    props.onCursor(x, true);
  };
  const at = useRef(-1);
  const onKey = (event: KeyboardEvent): void => {
    const xs = longest(lines);
    if (full === null || xs.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const range = visibleRange(props);
    const here = at.current === -1 ? nearest(xs, range[1]) : at.current;
    const around = xs[here];
    const move = moves(event, here, xs.length);
    if (move !== null) {
      at.current = move;
      moveTo(xs[move]);
    } else if (event.key === '+' || event.key === '=') props.onRange(zoomed(range, full, around, 0.5));
    else if (event.key === '-') props.onRange(zoomed(range, full, around, 2));
    else if (event.key === '0' || event.key === 'Escape') props.onRange(null);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={element}
      class="chart"
      style={{ height: `${height}px` }}
      tabIndex={0}
      role="application"
      aria-roledescription="chart"
      data-range={visibleRange(props).map(Math.round).join(' to ')}
      aria-label={`${title}. Arrow keys move the cursor, plus and minus zoom, 0 shows all.`}
      onKeyDown={onKey}
      onBlur={() => (at.current = -1)}
    />
  );
}

function moves({ key, shiftKey }: KeyboardEvent, here: number, count: number): number | null {
  const step = shiftKey ? Math.max(1, Math.round(count / 20)) : 1;
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, here - step);
    case 'ArrowRight':
      return Math.min(count - 1, here + step);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

function longest(lines: readonly Line[]): number[] {
  return lines.reduce<number[]>((most, { x }) => (x.length > most.length ? x : most), []);
}

function visibleRange({ range, lines }: Pick<ChartProps, 'range' | 'lines'>): [number, number] {
  const all = fullRange(lines) ?? [0, 1];
  return range === null ? all : [range[0], range[1]];
}

/** The colour behind a variable, as `rgb(r, g, b)`. */
function resolve(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
