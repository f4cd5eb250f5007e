/** What every view gets. */

import type { ViewSource } from '../../../src/view/source.ts';
import type { Route } from '../router.ts';

export interface ViewProps {
  source: ViewSource;
  route: Route;
}
