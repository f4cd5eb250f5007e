/** A model's way from the hub, shown beside a command's result: a live line, or a line every few seconds. */

import type { HubProgress } from '../models/hub/hub.ts';
import type { Io } from './io.ts';
import { plainRenderer } from './render/renderer.ts';
import { ttyRenderer } from './render/tty.ts';

/** Shows what `work` reports of the download of `model`, on standard error. */
export async function showDownload<T>(
  io: Io,
  model: string,
  work: (onProgress: (progress: HubProgress) => void) => Promise<T>,
): Promise<T> {
  const style = { palette: io.palette, program: io.program, runsDir: io.runsDir, base: null };
  const renderer = io.terminal
    ? ttyRenderer({ write: io.err, columns: io.columns, now: io.now, style })
    : plainRenderer(io.err, io.now, style);
  try {
    return await work((progress) => renderer.handle({ type: 'download', model, ...progress }));
  } finally {
    renderer.close();
  }
}
