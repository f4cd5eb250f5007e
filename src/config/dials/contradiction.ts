/** Two settings of a run that exclude each other, and how to describe them. */

/** Two or more settings that cannot work together. */
export interface Contradiction {
  /** A sentence without a full stop. It names every setting involved, with its value. */
  problem: string;
  /** New values by the settings' names. With them, these settings no longer contradict each other. */
  fix: Readonly<Record<string, string | number>>;
}
