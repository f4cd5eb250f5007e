/** The values of a chart as a table, for readers who cannot see it. Made when it is opened. */

import { useState } from 'preact/hooks';
import type { Line } from '../../charts/line.ts';

/** Rows of the table; of a longer line, the newest. */
const MOST_ROWS = 200;

export interface ValueTableProps {
  title: string;
  lines: readonly Line[];
  format: (value: number) => string;
}

export function ValueTable({ title, lines, format }: ValueTableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="values" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        Values<span class="unseen"> of {title} as a table</span>
      </summary>
      {isOpen && (
        <div class="scroll values-scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
          {lines.map((line) => (
            <LineTable key={line.key} line={line} format={format} />
          ))}
        </div>
      )}
    </details>
  );
}

function LineTable({ line, format }: { line: Line; format: (value: number) => string }) {
  const first = Math.max(0, line.x.length - MOST_ROWS);
  const indices = Array.from({ length: line.x.length - first }, (_, at) => first + at);
  return (
    <table>
      <caption>
        <bdi>{[line.run, line.name].filter((part) => part !== null).join(', ')}</bdi>
        {first > 0 && `: the newest ${MOST_ROWS} of ${line.x.length} values`}
      </caption>
      <tbody>
        {indices.map((at) => {
          const [value, low, high] = [line.y[at], line.low[at], line.high[at]];
          return (
            <tr key={at}>
              <th scope="row">{line.place(at)}</th>
              <td>{value === null ? '—' : format(value)}</td>
              {line.low.length > 0 && (
                <td class="quiet">{low === null || high === null ? '' : `${format(low)} to ${format(high)}`}</td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
