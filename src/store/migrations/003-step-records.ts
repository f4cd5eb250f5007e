/**
 * Schema 3: what a training step was computed from, so that it can be computed again elsewhere. Additive: runs of
 * earlier versions have no such rows, and `keep.tokens = false` writes none.
 */
export const stepRecords = `
-- settings: JSON. weights, reference: JSON {"kind", "id"}; reference is NULL without a KL term.
CREATE TABLE training_steps (
  role TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  step INTEGER NOT NULL,
  settings TEXT NOT NULL,
  weights TEXT NOT NULL,
  reference TEXT,
  PRIMARY KEY (role, iteration, step)
) STRICT;

-- prompt, completions: token lists as LEB128 numbers, each list after its length; completions in the order of position.
-- logprobs: float32, little-endian, of all tokens of the completions in the same order.
CREATE TABLE rollout_tokens (
  role TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  step INTEGER NOT NULL,
  group_index INTEGER NOT NULL,
  prompt BLOB NOT NULL,
  completions BLOB NOT NULL,
  logprobs BLOB NOT NULL,
  PRIMARY KEY (role, iteration, step, group_index),
  FOREIGN KEY (role, iteration, step, group_index)
    REFERENCES rollout_groups (role, iteration, step, group_index) ON DELETE CASCADE
) STRICT;
`;
