/** Schema 4: one row per process that worked on the run. A row without `ended_at` is of a process that works or was killed. */
export const sessions = `
CREATE TABLE sessions (
  number INTEGER PRIMARY KEY,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  outcome TEXT,
  reason TEXT
) STRICT;
`;
