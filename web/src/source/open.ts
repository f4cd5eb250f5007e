/** Opens the source of the page's data. */

import type { ViewSource } from '../../../src/view/source.ts';
import { openHttpSource } from './http.ts';

export function openSource(): ViewSource {
  return openHttpSource();
}
