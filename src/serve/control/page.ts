/**
 * What the page may do to runs if the server was started with `--control`: stop, continue, start, prune and delete.
 * Without it, every request is refused. Requests carry a header and a content type that no form of another site can
 * send. Next: `actions.ts`.
 */

import { Hono } from 'hono';
import type { HonoRequest } from 'hono';
import { z } from 'zod';
import { messageOf, RzeroError } from '../../errors.ts';
import { runFolder } from '../../view/folder-source.ts';
import { MissingItem } from '../../view/missing.ts';
import { Refusal } from '../shell/refusal.ts';
import type { Page, ShellEnv } from '../shell/shell.ts';
import type { Actions } from './actions.ts';
import { START_SETTINGS } from './settings.ts';

/** The header of every request that changes something. A browser lets only the server's own pages send it. */
export const CONTROL_HEADER = 'X-Rzero-Control';

const nothing = z.strictObject({});
const more = z.strictObject({ iterations: z.int().min(1).max(10_000).optional() });
const sure = z.strictObject({ delete: z.string() });

/** Makes the routes. `actions`: null if the page may only read. */
export function controlPage(runsDir: string, actions: Actions | null): Page {
  const busy = new Set<string>();
  return {
    keyless: [],
    browser: true,
    routes: (bodies) => {
      const app = new Hono<ShellEnv>();
      const post = <T>(path: string, shape: z.ZodType<T>, act: Act<T>): void => {
        app.post(path, async ({ req, env }) => {
          const allowed = permitted(req, actions);
          const body = await bodies.read(env.incoming, (bytes) => parsed(bytes, shape));
          const dir = req.param('id') === undefined ? runsDir : folderOf(runsDir, req.param('id') ?? '');
          return Response.json(await alone(busy, dir, () => act(allowed, dir, body)));
        });
      };
      post('/api/runs', START_SETTINGS, (allowed, _dir, settings) => allowed.start(settings));
      post('/api/runs/:id/stop', nothing, (allowed, dir) => allowed.stop(dir));
      post('/api/runs/:id/resume', more, (allowed, dir, { iterations }) => allowed.resume(dir, iterations));
      post('/api/runs/:id/prune', nothing, (allowed, dir) => allowed.prune(dir));
      post('/api/runs/:id/delete', sure, (allowed, dir, { delete: name }) => allowed.remove(dir, name));
      return app;
    },
  };
}

type Act<T> = (actions: Actions, dir: string, body: T) => Promise<unknown>;

function permitted(req: HonoRequest, actions: Actions | null): Actions {
  if (actions === null) {
    throw new Refusal(403, 'This page only reads. Start it with `rzero serve --control` to change runs from it.');
  }
  if (req.header(CONTROL_HEADER) !== '1' || !/^application\/json\b/i.test(req.header('content-type') ?? '')) {
    throw new Refusal(403, `A request that changes runs needs the header ${CONTROL_HEADER}: 1 and a body of JSON.`);
  }
  return actions;
}

function parsed<T>(bytes: Buffer, shape: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Refusal(400, 'The body is no JSON.');
  }
  const { success, data, error } = shape.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw new Refusal(400, `The body is not valid: ${['body', ...issue.path].map(String).join('.')}: ${issue.message}.`);
}

function folderOf(runsDir: string, id: string): string {
  try {
    return runFolder(runsDir, id);
  } catch (error) {
    throw error instanceof MissingItem ? new Refusal(404, error.message) : error;
  }
}

/** Does one thing to a run at a time. What cannot be done now is status 409, with the reason. */
async function alone<T>(busy: Set<string>, dir: string, work: () => Promise<T>): Promise<T> {
  if (busy.has(dir)) throw new Refusal(409, 'Another change of this run is in progress. Wait for it.');
  busy.add(dir);
  try {
    return await work();
  } catch (error) {
    throw error instanceof RzeroError ? new Refusal(409, messageOf(error)) : error;
  } finally {
    busy.delete(dir);
  }
}
