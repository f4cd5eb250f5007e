/** The Tinker wire as a page of the HTTP shell. */

import { Hono } from 'hono';
import { Refusal } from '../shell/refusal.ts';
import type { Page, ShellEnv } from '../shell/shell.ts';
import { checkpointRoutes, DOWNLOADS } from './routes/checkpoints.ts';
import { futureRoutes } from './routes/futures.ts';
import { samplingRoutes } from './routes/sampling.ts';
import { startRoutes } from './routes/start.ts';
import { trainingRoutes } from './routes/training.ts';
import type { TinkerService } from './service.ts';

/** Addresses that a server that is stopping still answers: the results that it has. */
const WHILE_STOPPING: ReadonlySet<string> = new Set(['/api/v1/retrieve_future', '/api/v1/healthz']);

/** Returns the page of a service. */
export function tinkerPage(service: TinkerService): Page {
  return {
    keyless: [DOWNLOADS],
    routes(bodies) {
      const page = new Hono<ShellEnv>();
      page.use(async (request, next) => {
        if (service.stopping && !WHILE_STOPPING.has(request.req.path)) {
          throw new Refusal(503, 'The server is being stopped. Repeat the request when it runs again.', {
            'Retry-After': '5',
          });
        }
        await next();
      });
      startRoutes(page, service, bodies);
      trainingRoutes(page, service, bodies);
      samplingRoutes(page, service, bodies);
      futureRoutes(page, service, bodies);
      checkpointRoutes(page, service, bodies);
      return page;
    },
  };
}
