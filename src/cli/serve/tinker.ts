/**
 * `rzero serve --tinker`: serves a model of this machine to other programs, over the Tinker wire. It runs until a signal
 * stops it; checkpoints that clients have saved are kept.
 */

import { basename, join } from 'node:path';
import { type Engine } from '../../engine/engine.ts';
import { openEngine } from '../../engine/open-engine.ts';
import { ConfigError } from '../../errors.ts';
import { isOnHub } from '../../models/hub/obtain-model.ts';
import { MEASURED } from '../../roles.ts';
import { type RunningServer, serveTinker } from '../../serve/index.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import type { ServeFlags } from '../commands/serve.ts';
import { clean, wrap } from '../render/format.ts';
import { engineHooks } from '../service/waits.ts';
import { configOf, findSubject, folderOfSubject } from '../settings.ts';
import { aborted, stoppable } from '../stoppable.ts';

export async function serveWire({ model: models = [], ...given }: ServeFlags, io: Io): Promise<number> {
  if (models.length > 1) {
    throw new ConfigError(
      `The Tinker wire serves one model, not ${models.length}.`,
      'Pass --model once, or leave out --tinker to serve several.',
    );
  }
  const flags = { ...given, model: models.at(0) };
  const { engine: settings } = configOf({ set: flags.set, device: flags.device });
  if (settings.kind === 'tinker') {
    throw new ConfigError('A service cannot be served again.', 'Leave out engine.kind, or set it to local or module.');
  }
  const subject = await findSubject(flags, MEASURED, io);
  const folder = folderOfSubject(subject);
  const name = flags.name ?? (isOnHub(flags.model ?? '') ? subject.name : basename(folder));
  return stoppable(io, 'Saved checkpoints are kept.', async (signal) => {
    const engine = await openEngine(settings, undefined, engineHooks(io, folder, { trains: true }));
    try {
      return await serve(engine, { ...flags, model: folder, name }, io, signal);
    } finally {
      await engine.close().catch(() => undefined);
    }
  });
}

async function serve(
  engine: Engine,
  flags: Omit<ServeFlags, 'model'> & { model: string; name: string },
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const { model, name, host, port, sessionTimeout, maxModels } = flags;
  const checkpoints = flags.checkpoints ?? join(flags.runsDir ?? 'runs', 'served', name.replaceAll(/[^\w.-]/g, '-'));
  const key = flags.key ?? process.env.RZERO_SERVE_KEY ?? null;
  const server = await serveTinker({
    engine,
    model,
    name,
    checkpoints,
    host,
    port: port ?? DEFAULT_PORT,
    key,
    allowHosts: flags.allowHost,
    limits: {
      ...(sessionTimeout === undefined ? {} : { sessionSeconds: sessionTimeout }),
      ...(maxModels === undefined ? {} : { models: maxModels }),
    },
    onFault: (error) => io.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`),
  });
  try {
    printStart(server, { checkpoints, json: flags.json === true, isOpen: key === null }, io);
    const failure = await Promise.race([aborted(signal), server.failed]);
    if (failure !== null) throw failure;
    return 0;
  } finally {
    await server.close();
  }
}

const DEFAULT_PORT = 8000;

function printStart(
  { url, model }: RunningServer,
  { checkpoints, json, isOpen }: { checkpoints: string; json: boolean; isOpen: boolean },
  io: Io,
): void {
  if (json) {
    printJson(io, { url, model: model.name, context: model.maxContext, checkpoints });
    return;
  }
  // The key is a secret, so it is not printed. Without one, clients still want a text in its place.
  const client = isOpen ? `TINKER_API_KEY=tml-local` : '(and this server’s key as TINKER_API_KEY)';
  const lines = [
    `Serving ${clean(model.name)} at ${url} (context ${model.maxContext} tokens).`,
    `Checkpoints are in ${clean(checkpoints)}.`,
    `Clients: TINKER_BASE_URL=${url} ${client}`,
  ];
  printLines(
    io,
    lines.flatMap((line) => wrap(line, textColumns(io))),
  );
}
