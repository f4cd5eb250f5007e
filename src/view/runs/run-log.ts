/** Reads event logs for viewing. A log is read once, and then only what was added to it. */

import { BEGINNING, type LogPosition, readEventLine } from '../../store/events/event-line.ts';
import { LogTail } from '../../store/events/log-tail.ts';
import { addEvent, emptyLog, type LogState } from './log-state.ts';

interface OpenLog {
  run: string;
  tail: LogTail;
  at: LogPosition;
  state: LogState;
}

/** Number of logs whose state is kept. */
const KEPT_LOGS = 8;

/** Keeps the states of the logs that were read last. */
export class RunLogs {
  private readonly logs = new Map<string, OpenLog>();

  /**
   * Returns the state of the log of the run `id` in `dir`, up to its last complete line. Throws StoreError if it cannot
   * be read.
   */
  read(dir: string, id: string): LogState {
    const known = this.logs.get(dir);
    try {
      return this.readOn(dir, known?.run === id ? known : begin(dir, id));
    } catch (error) {
      // The log was replaced, e.g. by a run of the same name: from the beginning, once.
      this.logs.delete(dir);
      if (known === undefined) throw error;
      return this.readOn(dir, begin(dir, id));
    }
  }

  private readOn(dir: string, log: OpenLog): LogState {
    for (const line of log.tail.newLines()) {
      const { event, at } = readEventLine(line, log.at, dir);
      log.at = at;
      if (event !== null) addEvent(log.state, event);
    }
    this.logs.delete(dir);
    this.logs.set(dir, log);
    for (const oldest of this.logs.keys()) {
      if (this.logs.size <= KEPT_LOGS) break;
      this.logs.delete(oldest);
    }
    return log.state;
  }
}

function begin(dir: string, run: string): OpenLog {
  return { run, tail: new LogTail(dir), at: BEGINNING, state: emptyLog() };
}
