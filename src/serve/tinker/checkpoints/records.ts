/** What the checkpoint folder records about runs and checkpoints, as JSON next to the weights. */

import { z } from 'zod';

const metadata = z.record(z.string(), z.unknown()).nullable();

/** A training run: one model that a client created. */
export const runSchema = z.object({
  runId: z.string(),
  sessionId: z.string(),
  base: z.string(),
  /** Null if all parameters are trained. */
  adapter: z.object({ rank: z.number(), alpha: z.number(), targets: z.array(z.string()) }).nullable(),
  created: z.string(),
  metadata,
});
export type RunRecord = z.output<typeof runSchema>;

/** A saved checkpoint. It exists if its record exists; the record is written after its weights. */
export const checkpointSchema = z.object({
  kind: z.enum(['weights', 'sampler_weights']),
  name: z.string(),
  /** Id of the engine's state, within the folder of the run. */
  state: z.string(),
  /** Counts the run's checkpoints: of two with one name, the later one replaces the earlier one. */
  serial: z.number().int(),
  created: z.string(),
  /** Null: never. */
  expires: z.string().nullable(),
  bytes: z.number(),
  metadata,
});
export type CheckpointRecord = z.output<typeof checkpointSchema>;
