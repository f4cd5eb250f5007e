/**
 * The tables of `eval.db`. Texts are UTF-8; columns named `json`, `choices`, `reference` and `prompt` contain
 * JSON. `position` is an item's place in the order of asking; `mode` is `greedy` or `sampled`; `n` numbers
 * the samples of one item from 0. A sample with `verdict` NULL is not graded yet. Next: `log.ts`.
 */
export const LOG_SCHEMA = `
CREATE TABLE evaluation (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  schema INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  version TEXT NOT NULL,
  json TEXT NOT NULL
) STRICT;

-- Notes on how it was measured, such as settings that a server ignored.
CREATE TABLE notes (
  note TEXT PRIMARY KEY
) STRICT;

CREATE TABLE tasks (
  name TEXT PRIMARY KEY,
  json TEXT NOT NULL,
  -- Wall time of all generation so far.
  seconds_greedy REAL NOT NULL DEFAULT 0,
  seconds_sampled REAL NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE items (
  task TEXT NOT NULL REFERENCES tasks (name),
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  question TEXT NOT NULL,
  choices TEXT,
  reference TEXT NOT NULL,
  category TEXT,
  prompt TEXT NOT NULL,
  PRIMARY KEY (task, position)
) STRICT;

CREATE TABLE samples (
  task TEXT NOT NULL,
  position INTEGER NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('greedy', 'sampled')),
  n INTEGER NOT NULL,
  completion TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  stop TEXT NOT NULL,
  extracted TEXT,
  verdict TEXT CHECK (verdict IN ('right', 'wrong', 'undecided', 'unparsable')),
  reason TEXT,
  PRIMARY KEY (task, position, mode, n),
  FOREIGN KEY (task, position) REFERENCES items (task, position)
) STRICT;
CREATE INDEX samples_to_grade ON samples (task, position) WHERE verdict IS NULL;

-- The majority of an item's sampled answers. verdict: whether the majority answer is right.
CREATE TABLE majorities (
  task TEXT NOT NULL,
  position INTEGER NOT NULL,
  samples INTEGER NOT NULL,
  label TEXT,
  agreement REAL NOT NULL,
  unanswered INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  PRIMARY KEY (task, position)
) STRICT;

-- Verdicts of a judge on samples that the rules call wrong or undecided.
CREATE TABLE judgements (
  task TEXT NOT NULL,
  position INTEGER NOT NULL,
  mode TEXT NOT NULL,
  n INTEGER NOT NULL,
  judge TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('right', 'wrong', 'undecided')),
  reply TEXT NOT NULL,
  PRIMARY KEY (task, position, mode, n)
) STRICT;
`;
