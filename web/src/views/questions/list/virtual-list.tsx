/**
 * A list of any length: only the lines in view are elements. The scrollbar covers the whole list. With the keyboard, one
 * line has the focus: arrows, Page Up, Page Down, Home and End move it, and Enter opens it.
 */

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { scrollTo, windowOf } from './window.ts';

interface VirtualListProps {
  count: number;
  /** Height of a line, in pixels. */
  line: number;
  label: string;
  /** Names the list; its place is kept while the page is open. */
  name: string;
  /** Called with the lines that are drawn. */
  onWindow(first: number, end: number): void;
  /** `focusable`: props of the line's link. */
  children(index: number, focusable: { tabIndex: number; onFocus: () => void }): ComponentChildren;
}

/** Where each list was left. */
const places = new Map<string, { scrolled: number; active: number }>();

export function VirtualList({ count, line, label, name, onWindow, children }: VirtualListProps) {
  const box = useRef<HTMLDivElement>(null);
  const kept = places.get(name) ?? { scrolled: 0, active: 0 };
  const [place, setPlace] = useState({ scrolled: kept.scrolled, view: 640 });
  const [active, setActive] = useState(kept.active);
  /** Whether the active line takes the focus when it is drawn. */
  const moves = useRef(false);

  const measure = (): void => {
    if (box.current === null) return;
    setPlace({ scrolled: box.current.scrollTop, view: box.current.clientHeight });
  };
  useLayoutEffect(() => {
    if (box.current === null) return;
    box.current.scrollTop = places.get(name)?.scrolled ?? 0;
    setActive(places.get(name)?.active ?? 0);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [name, count > 0]);

  const shown = windowOf(count, line, place);
  useEffect(() => {
    onWindow(shown.first, shown.end);
    if (count > 0) places.set(name, { scrolled: place.scrolled, active });
  });
  useLayoutEffect(() => {
    if (!moves.current) return;
    const target = box.current?.querySelector<HTMLElement>(`[data-index="${active}"] a`);
    if (target === null || target === undefined) return;
    moves.current = false;
    target.focus({ preventScroll: true });
  });

  const move = (to: number): void => {
    const index = Math.max(0, Math.min(count - 1, to));
    moves.current = true;
    setActive(index);
    if (box.current !== null) {
      box.current.scrollTop = scrollTo(index, count, line, place);
      measure();
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const perPage = Math.max(1, Math.floor(place.view / line) - 1);
    const steps = new Map([
      ['ArrowDown', active + 1],
      ['ArrowUp', active - 1],
      ['PageDown', active + perPage],
      ['PageUp', active - perPage],
      ['Home', 0],
      ['End', count - 1],
    ]);
    const to = steps.get(event.key);
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  };

  // The line that the tab key reaches is always one that is drawn.
  const reachable = active >= shown.first && active < shown.end ? active : shown.first;
  return (
    <div ref={box} class="q-scroll" onScroll={measure} onKeyDown={onKeyDown}>
      <div class="q-lines" role="list" aria-label={label} style={{ height: `${shown.height}px` }}>
        {Array.from({ length: shown.end - shown.first }, (_, at) => {
          const index = shown.first + at;
          return (
            <div
              key={index}
              role="listitem"
              class="q-line"
              data-index={index}
              aria-setsize={count}
              aria-posinset={index + 1}
              style={{ height: `${line}px`, transform: `translateY(${shown.top + at * line}px)` }}
            >
              {children(index, { tabIndex: index === reachable ? 0 : -1, onFocus: () => setActive(index) })}
            </div>
          );
        })}
      </div>
    </div>
  );
}
