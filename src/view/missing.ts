/** What the page asks for and what does not exist. */

import { StoreError } from '../errors.ts';

/** A run, question, metric or report that does not exist. A server answers it with status 404. */
export class MissingItem extends StoreError {
  constructor(message: string) {
    super(message, 'Open the list of runs and choose again.');
  }
}
