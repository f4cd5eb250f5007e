/**
 * Schema 2: the schema no longer lists the roles, and `weights.path` becomes `weights.state`, the engine's id of the
 * state (for the local engine still the folder relative to the run). SQLite cannot drop a CHECK, so the tables are
 * rebuilt. `rollouts` is rebuilt together with its parent table, because dropping only the parent would delete its
 * rows.
 */
export const anyRole = `
CREATE TABLE new_rollout_groups (
  role TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  step INTEGER NOT NULL,
  group_index INTEGER NOT NULL,
  prompt TEXT NOT NULL,
  label TEXT,
  PRIMARY KEY (role, iteration, step, group_index)
) STRICT;
INSERT INTO new_rollout_groups SELECT role, iteration, step, group_index, prompt, label FROM rollout_groups;

CREATE TABLE new_rollouts (
  role TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  step INTEGER NOT NULL,
  group_index INTEGER NOT NULL,
  position INTEGER NOT NULL,
  completion TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  stop TEXT NOT NULL,
  reward REAL,
  parts TEXT NOT NULL,
  advantage REAL,
  PRIMARY KEY (role, iteration, step, group_index, position),
  FOREIGN KEY (role, iteration, step, group_index)
    REFERENCES new_rollout_groups (role, iteration, step, group_index) ON DELETE CASCADE
) STRICT;
INSERT INTO new_rollouts
  SELECT role, iteration, step, group_index, position, completion, tokens, stop, reward, parts, advantage FROM rollouts;

DROP TABLE rollouts;
DROP TABLE rollout_groups;
ALTER TABLE new_rollout_groups RENAME TO rollout_groups;
ALTER TABLE new_rollouts RENAME TO rollouts;

CREATE TABLE new_weights (
  role TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  step INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (role, iteration, step)
) STRICT;
INSERT INTO new_weights SELECT role, iteration, step, path FROM weights;
DROP TABLE weights;
ALTER TABLE new_weights RENAME TO weights;
`;
