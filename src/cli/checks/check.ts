/** One finding of `rzero doctor`. */
export interface Check {
  name: string;
  /** `poor`: a run works, but slowly or barely; `missing`: it cannot work. */
  state: 'good' | 'poor' | 'missing';
  found: string;
  /** What to do; null where nothing is to be done. */
  advice: string | null;
}
