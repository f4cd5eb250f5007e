/** Schema 1: the tables of a run. Texts are UTF-8; the columns `tally`, `parts`, `result` and `json` contain JSON. */
export const init = `
CREATE TABLE run (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  version TEXT NOT NULL,
  config TEXT NOT NULL
) STRICT;

-- The next unit of work; everything before it is in the tables below.
CREATE TABLE cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  iteration INTEGER NOT NULL,
  stage TEXT NOT NULL,
  step INTEGER NOT NULL
) STRICT;

CREATE TABLE questions (
  id TEXT PRIMARY KEY,
  iteration INTEGER NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('training', 'pool')),
  step INTEGER NOT NULL,
  position INTEGER NOT NULL,
  text TEXT NOT NULL,
  claimed TEXT,
  completion TEXT NOT NULL,
  invalid TEXT
) STRICT;
CREATE INDEX questions_in_order ON questions (iteration, origin, step, position);

CREATE TABLE attempts (
  question_id TEXT NOT NULL REFERENCES questions (id),
  position INTEGER NOT NULL,
  completion TEXT NOT NULL,
  vote TEXT,
  tokens INTEGER NOT NULL,
  stop TEXT NOT NULL,
  PRIMARY KEY (question_id, position)
) STRICT;

-- dropped IS NULL: kept for the curriculum. tally: [{"answer", "count"}, ...], largest first.
CREATE TABLE labels (
  question_id TEXT PRIMARY KEY REFERENCES questions (id),
  label TEXT,
  agreement REAL NOT NULL,
  unanswered INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  tally TEXT NOT NULL,
  dropped TEXT,
  truth TEXT,
  label_correct INTEGER
) STRICT;

CREATE TABLE rollout_groups (
  role TEXT NOT NULL CHECK (role IN ('challenger', 'solver')),
  iteration INTEGER NOT NULL,
  step INTEGER NOT NULL,
  group_index INTEGER NOT NULL,
  prompt TEXT NOT NULL,
  label TEXT,
  PRIMARY KEY (role, iteration, step, group_index)
) STRICT;

-- A reward or an advantage that is not a number is NULL.
CREATE TABLE rollouts (
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
    REFERENCES rollout_groups (role, iteration, step, group_index) ON DELETE CASCADE
) STRICT;

-- A value that is not a number is NULL.
CREATE TABLE metrics (
  iteration INTEGER NOT NULL,
  stage TEXT NOT NULL,
  step INTEGER NOT NULL,
  name TEXT NOT NULL,
  value REAL,
  PRIMARY KEY (iteration, stage, step, name)
) STRICT;

-- The scores for plain SQL; result is the whole evaluation.
CREATE TABLE evaluations (
  iteration INTEGER NOT NULL,
  task TEXT NOT NULL,
  mean REAL,
  majority REAL,
  greedy REAL,
  forced REAL,
  result TEXT NOT NULL,
  PRIMARY KEY (iteration, task)
) STRICT;

CREATE TABLE partials (
  iteration INTEGER NOT NULL,
  stage TEXT NOT NULL,
  step INTEGER NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (iteration, stage, step)
) STRICT;

CREATE TABLE weights (
  role TEXT NOT NULL CHECK (role IN ('challenger', 'solver')),
  iteration INTEGER NOT NULL,
  step INTEGER NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY (role, iteration, step)
) STRICT;

CREATE TABLE summary (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  outcome TEXT NOT NULL,
  best INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;
`;
