/** Result of one check of `rzero doctor`. */
export interface Check {
  name: string;
  /** `poor`: runs work, but slowly or with little headroom; `missing`: runs cannot work. */
  state: 'good' | 'poor' | 'missing';
  found: string;
  /** How to fix it; null if there is nothing to fix. */
  advice: string | null;
}
