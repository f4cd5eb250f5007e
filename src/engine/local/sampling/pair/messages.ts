/** Messages between a sampler's thread and its peer (`peer-thread.ts`, `peer-worker.ts`). */

import type { DecoderConfig, Weights } from '../../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../../types.ts';
import type { Completion, DrawnTokens, SampleRequest } from '../../../engine.ts';
import type { FailureReport } from '../../failure.ts';
import type { NativeGate } from '../../native-gate.ts';
import type { SamplerSessionOptions } from '../sampler-sessions.ts';

/** Data that the peer starts with. */
export interface PeerStart {
  options: SamplerSessionOptions;
  gate: NativeGate | null;
}

/** A model to sample from, over base weights that were sent before. */
export interface SentModel {
  base: number;
  adapter: { shape: AdapterShape; weights: Weights } | null;
  /** Folder of its tokenizer. */
  folder: string;
  version: number;
  eosIds: readonly number[];
}

/** One call, in which the peer takes its share. */
export interface SharedCall {
  requests: readonly SampleRequest[];
  /** Memory of the call's board. */
  board: SharedArrayBuffer;
  /** Tokens are sent as they are drawn. */
  streamed: boolean;
}

/** Bases and samplers have numbers of the sender. The peer handles one message after the other. */
export type ToPeer =
  | { type: 'base'; base: number; config: DecoderConfig; weights: Weights }
  | { type: 'drop-base'; base: number }
  | { type: 'open'; sampler: number; model: SentModel }
  | { type: 'close'; sampler: number }
  | { type: 'sample'; sampler: number; call: SharedCall }
  | { type: 'end' };

/** A completion that the peer has sampled. */
export interface Part {
  request: number;
  sample: number;
  completion: Completion;
}

export type FromPeer =
  | { type: 'tokens'; drawn: DrawnTokens[] }
  | { type: 'sampled'; parts: Part[] }
  | { type: 'failed'; failure: FailureReport }
  /** The other side has stopped the call. */
  | { type: 'stopped' };
