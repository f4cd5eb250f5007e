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
const WHILE_STOPPING: readonly string[] = ['/api/v1/retrieve_future', '/api/v1/healthz'];

/** Returns the page of a service. */
export function tinkerPage(service: TinkerService): Page {
  return {
    keyless: [DOWNLOADS],
    routes(bodies) {
      const app = new Hono<ShellEnv>();
      app.use(async (request, next) => {
        if (service.stopping && !WHILE_STOPPING.includes(request.req.path)) {
          throw new Refusal(503, 'The server is being stopped. Repeat the request when it runs again.', {
            'Retry-After': '5',
          });
        }
        await next();
      });
      startRoutes(app, service, bodies);
      trainingRoutes(app, service, bodies);
      samplingRoutes(app, service, bodies);
      futureRoutes(app, service, bodies);
      checkpointRoutes(app, service, bodies);
      return app;
    },
  };
}
