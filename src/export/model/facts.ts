/**
 * What the card of a model says, as plain data: where the model comes from, how it was made and what was measured.
 * `run-facts.ts` reads it from a run; `card.ts` formats it.
 */

import type { EvalReport } from '../../eval/report/report.ts';
import type { IterationSummary } from '../../events.ts';
import type { AdapterShape } from '../../types.ts';

/** The base of a model. */
export interface BaseFacts {
  /** Name or folder, as the run names it. */
  name: string;
  /** Name on the hub; null if it did not come from there. */
  hub: string | null;
  /** From the front matter of the base's own card; null if unknown. */
  license: string | null;
  /** SHA-256 of its weights, by file; empty if the run does not record them. */
  weights: { file: string; sha256: string }[];
}

/** The run that trained a model. */
export interface RunFacts {
  id: string;
  /** ISO 8601. */
  created: string;
  /** Version of rzero that started it. */
  version: string;
  domain: string;
  /** The domain is a module of the user, which the exported folder does not contain. */
  isCustomDomain: boolean;
  seed: number;
  scale: string;
  engine: string;
  adapter: AdapterShape | null;
  /** Settings that differ from those of the scale, as `name = value`. */
  changed: string[];
  /** The run was supervised training (`rzero finetune`). */
  supervised: boolean;
  /** Held-out results, the base first. */
  iterations: IterationSummary[];
  /** How the exported iteration was chosen; false: the user named it. */
  isBest: boolean;
}

export interface ModelFacts {
  /** Title of the card. */
  title: string;
  /** Name of the model in commands of rzero. */
  name: string;
  kind: 'model' | 'adapter';
  /** Number format of the weights. */
  dtype: string;
  parameters: number;
  /** Null: the newest weights of a role that has no iteration, or a model that no run trained. */
  iteration: number | null;
  base: BaseFacts | null;
  run: RunFacts | null;
  /** Benchmark results of exactly this model. */
  reports: EvalReport[];
  /** Version of rzero that exported it. */
  exporter: string;
}
