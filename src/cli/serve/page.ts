/** `rzero serve`: serves the page about the runs of a folder. */

import { openAiPage } from '../../serve/openai/page.ts';
import { openActions } from '../../serve/control/actions.ts';
import { openPageServer } from '../../serve/open-page.ts';
import { isLoopback } from '../../serve/shell/guard.ts';
import { talkPage } from '../../serve/talk/page.ts';
import type { ServeFlags } from '../commands/serve.ts';
import { printJson, printLines, type Io } from '../io.ts';
import { clean } from '../render/format.ts';
import { aborted, stoppable } from '../stoppable.ts';
import { servedModels } from './models.ts';

/** The command line of this program, without its command. */
const OWN_PROGRAM = [process.execPath, ...process.execArgv, process.argv[1]] as const;

export async function serveRuns(flags: ServeFlags, io: Io): Promise<number> {
  const { host, port, allowHost: allowHosts, control = false, runsDir = io.runsDir } = flags;
  const key = flags.key ?? process.env.RZERO_SERVE_KEY ?? null;
  const onFault = (error: unknown): void => {
    io.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  };
  const models = await servedModels(flags, runsDir, io);
  return stoppable(io, 'Runs go on.', async (signal) => {
    const server = await openPageServer({
      runsDir,
      host,
      port,
      key,
      allowHosts,
      about: { talk: true },
      actions: control ? openActions(runsDir, OWN_PROGRAM) : null,
      pages: [openAiPage({ models, onFault }), talkPage({ models, onFault })],
      onFault,
    });
    try {
      printStart(io, { url: server.url, runsDir, key, json: flags.json === true });
      await aborted(signal);
      return 0;
    } finally {
      await server.close();
      await models.close();
    }
  });
}

interface Start {
  url: string;
  runsDir: string;
  key: string | null;
  json: boolean;
}

function printStart(io: Io, { url, runsDir, key, json }: Start): void {
  if (json) {
    printJson(io, { url, runsDir });
    return;
  }
  printLines(io, [
    `The page is at ${url}`,
    ...(key === null ? [] : [`Open ${url}/?key=KEY once in a browser, with the key of this server.`]),
    ...(isLoopback(new URL(url).hostname.replaceAll(/[[\]]/g, ''))
      ? []
      : ['It speaks plain HTTP: use it in a network that you trust.']),
    `Programs reach the models through OpenAI's API at ${url}/v1`,
    `It shows the runs in ${clean(runsDir)}. Ctrl-C ends it.`,
  ]);
}
