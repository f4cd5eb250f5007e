/**
 * Serves the models of this machine to other programs, and the page about runs to browsers (`open-page.ts`). `shell/` is
 * the HTTP server with its limits and checks, `tinker/` the Tinker wire on it, `page/` the page. Start here to see how
 * shell and wire are joined; `cli/commands/serve.ts` is the command.
 */

import { resolve } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { ConfigError, EngineError } from '../errors.ts';
import { readModelConfig } from '../models/checkpoint.ts';
import { checkAccess } from './shell/access.ts';
import type { Limits } from './shell/limits.ts';
import { openShell } from './shell/shell.ts';
import type { ServedModel, ServiceLimits } from './tinker/context.ts';
import { tinkerPage } from './tinker/page.ts';
import { TinkerService } from './tinker/service.ts';

export interface ServeOptions {
  /** The caller closes it after the server. */
  engine: Engine;
  /** Folder of the model. */
  model: string;
  /** Name by which clients ask for it. */
  name: string;
  /** Folder of the checkpoints. One server at a time uses it. */
  checkpoints: string;
  /** Default: 127.0.0.1. */
  host?: string;
  /** Default: 0, a free one. */
  port?: number;
  /** Key that clients must send; needed unless only this machine can reach the server. */
  key?: string | null;
  /** Names, besides `localhost`, under which clients reach the server. */
  allowHosts?: readonly string[];
  limits?: Partial<Limits & ServiceLimits>;
  /** Called with failures that are faults of this program or of the machine. */
  onFault?: (error: unknown) => void;
}

export interface RunningServer {
  /** Address for clients, e.g. `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Properties of the served model, as clients see them. */
  readonly model: ServedModel;
  /** Resolves with the error if the engine has ended by itself: then the server can only be closed. */
  readonly failed: Promise<Error>;
  /** Ends the running job, lets waiting requests fail, and closes all connections. */
  close(): Promise<void>;
}

/** Highest rank of adapters of a model with narrow layers. */
const LEAST_MAX_RANK = 64;

/**
 * Serves an engine over the Tinker wire. Throws ConfigError for an open address without a key, StoreError if the
 * checkpoint folder is in use, EngineError if the address is.
 */
export async function serveTinker(options: ServeOptions): Promise<RunningServer> {
  const { engine, checkpoints, limits, host = '127.0.0.1', port = 0, key = null } = options;
  checkAccess(host, key);
  const model = await servedModel(options);
  const { failed, onFault } = watchEngine(options, model);
  const service = await TinkerService.open({ engine, checkpoints, limits, onFault, model });
  try {
    const guard = { key, hosts: options.allowHosts ?? [] };
    const shell = await openShell({ host, port, ...guard, limits, onFault }, [tinkerPage(service)]);
    return {
      url: shell.url,
      model,
      failed,
      close: async () => {
        await service.stop();
        await shell.close();
        service.close();
      },
    };
  } catch (error) {
    await service.stop();
    service.close();
    throw error;
  }
}

async function servedModel({ engine, model, name }: ServeOptions): Promise<ServedModel> {
  const path = resolve(model);
  const [config, info] = await Promise.all([readModelConfig(path), engine.inspect({ kind: 'base', path })]);
  if (info.adapter !== null) {
    throw new ConfigError(
      `${model} is an adapter, not a base model.`,
      `Write the whole model with \`rzero export --model ${model} --out FOLDER\`, and serve that.`,
    );
  }
  return {
    name,
    ref: { kind: 'base', path },
    vocabulary: info.vocabulary,
    maxContext: info.maxContext,
    architecture: info.architecture,
    tokenizer: path,
    maxRank: Math.max(config.hidden, LEAST_MAX_RANK),
  };
}

/** Finds out after a failed call whether the engine can still do anything. */
function watchEngine({ engine, onFault = () => {} }: ServeOptions, { ref }: ServedModel): EngineWatch {
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const ask = async (): Promise<void> => {
    try {
      await engine.inspect(ref);
    } catch (error) {
      if (isLost(error)) fail(error);
    }
  };
  return {
    failed,
    onFault: (error) => {
      onFault(error);
      if (isLost(error)) void ask();
    },
  };
}

interface EngineWatch extends Pick<RunningServer, 'failed'> {
  onFault: (error: unknown) => void;
}

function isLost(error: unknown): error is EngineError {
  return error instanceof EngineError && error.kind === 'lost-policy';
}
