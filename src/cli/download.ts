/** Shows the progress of a download from the hub on standard error: a live line, or one line every few seconds. */

import type { HubProgress } from '../models/hub/hub.ts';
import { textColumns, type Io } from './io.ts';
import { plainRenderer } from './live/renderer.ts';
import { ttyRenderer } from './live/tty.ts';

/** Runs `work` and shows the download progress of `model` that it reports. */
export async function showDownload<T>(
  io: Io,
  model: string,
  work: (onProgress: (progress: HubProgress) => void) => Promise<T>,
): Promise<T> {
  const style = { palette: io.palette, program: io.program, runsDir: io.runsDir, base: null, verbose: false };
  const renderer = io.live
    ? ttyRenderer({ write: io.err, columns: io.columns, now: io.now, style })
    : plainRenderer(io.err, io.now, { ...style, columns: textColumns(io) });
  try {
    return await work((progress) => renderer.handle({ type: 'download', model, ...progress }));
  } finally {
    renderer.close();
  }
}
