/**
 * The models of a folder of runs, ready to be used by many callers at once: over one engine, which is opened with the
 * first request, with requests gathered into few calls. Names are those of `catalogue.ts`, memory is in `samplers.ts`,
 * gathering in `../batch/`, text in `reply.ts`.
 */

import { totalmem } from 'node:os';
import { resolveConfig } from '../../config/load.ts';
import type { Engine, ModelInfo } from '../../engine/engine.ts';
import { EngineError } from '../../errors.ts';
import { type LoadedText, loadText, type Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { type Answer, type Ask, Batcher } from '../batch/batcher.ts';
import { WorkQueue } from '../batch/work-queue.ts';
import { Catalogue, type CatalogueOptions, type FoundEntry, type ModelEntry } from './catalogue.ts';
import { Samplers } from './samplers.ts';

export interface ModelsOptions extends CatalogueOptions {
  /** Opens the engine; called once, with the folder of the first model that is asked for. `close` closes it. */
  engine: (model: string) => Promise<Engine>;
  /** Most bytes of weights in memory. Default: half of the machine's memory. */
  memoryBytes?: number;
}

/** A model that answers requests. */
export interface Model extends FoundEntry {
  readonly tokenizer: Tokenizer;
  /** Text that the tokenizer puts before plain text; usually a start token or nothing. */
  readonly prefix: string;
  readonly info: ModelInfo;
  /** Samples and scores; see `Batcher.ask`. */
  ask(ask: Ask): Promise<Answer>;
}

export interface Models {
  /** See `Catalogue.list`. */
  list(): Promise<ModelEntry[]>;
  /**
   * Opens a model by its name; null if there is none.
   * @throws EvalError for weights that were removed, EngineError `budget` for a model that is too large, ModelLoadError
   */
  open(id: string): Promise<Model | null>;
  /** Requests that wait or are in progress. */
  readonly waiting: number;
  /** Lets all requests fail, and closes the engine. */
  close(): Promise<void>;
}

/** Tokenizers that are remembered. */
const TOKENIZERS = 16;

/** Makes the models of a folder. Opens nothing yet. */
export function openModels({ engine: openEngine, memoryBytes = totalmem() / 2, ...options }: ModelsOptions): Models {
  const catalogue = new Catalogue(options);
  const stop = new AbortController();
  const queue = new WorkQueue(closed);
  const tokenizers = new Map<string, Promise<LoadedText>>();
  let opening: Promise<Opened> | null = null;
  let batcher: Batcher<FoundEntry> | null = null;

  const open = async (model: string): Promise<Opened> => {
    const engine = await openEngine(model);
    const samplers = new Samplers(engine, memoryBytes);
    batcher = new Batcher<FoundEntry>({
      slots: engine.slots,
      turn: (lane, job) => queue.add(lane, job),
      sampler: async (found) => (await samplers.get(found)).sampler,
      stopped: stop.signal,
    });
    return { engine, samplers, batcher };
  };

  const opened = async (model: string): Promise<Opened> => {
    if (stop.signal.aborted) throw closed();
    opening ??= open(model);
    try {
      return await opening;
    } catch (error) {
      // The next request tries again.
      opening = null;
      throw error;
    }
  };

  const textsOf = (found: FoundEntry): Promise<LoadedText> => {
    const known = tokenizers.get(found.key);
    if (known !== undefined) return known;
    const { template, prompt } = resolveConfig({ flags: { ...found.config } });
    const loading = loadText(found.texts, { template, prompt });
    tokenizers.set(found.key, loading);
    loading.catch(() => tokenizers.delete(found.key));
    const [oldest] = tokenizers.keys();
    if (tokenizers.size > TOKENIZERS && oldest !== undefined) tokenizers.delete(oldest);
    return loading;
  };

  return {
    list: () => catalogue.list(),
    get waiting() {
      return batcher?.waiting ?? 0;
    },
    async open(id) {
      const found = await catalogue.find(id);
      if (found === null) return null;
      const { tokenizer, prefix } = await textsOf(found);
      const { batcher: gathered, samplers } = await opened(found.texts);
      const { info } = await queue.do(found.key, () => samplers.get(found));
      return { ...found, tokenizer, prefix, info, ask: (ask) => gathered.ask(found, ask) };
    },
    async close() {
      stop.abort();
      batcher?.fail(closed());
      await queue.close();
      const last = await opening?.catch(() => null);
      await last?.engine.close();
    },
  };
}

/** What is open after the first request. */
interface Opened {
  engine: Engine;
  samplers: Samplers;
  batcher: Batcher<FoundEntry>;
}

function closed(): EngineError {
  return new EngineError('aborted', 'The models are closed.', 'Start the program again.');
}
