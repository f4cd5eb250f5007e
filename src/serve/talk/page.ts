/**
 * Addresses of the page's view Talk: which models can be asked, and a question to several of them, answered with
 * server-sent events. Without this page on the server, the view says how to start one that has it.
 */

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { createGrader, type Grader } from '../../answers/grader.ts';
import type { Domain } from '../../domains/domain.ts';
import type { Models } from '../../generate/models/models.ts';
import type { TalkModel } from '../../view/talk/types.ts';
import { clientSignal, EventStream } from '../openai/stream.ts';
import { Refusal } from '../shell/refusal.ts';
import type { Page, ShellEnv } from '../shell/shell.ts';
import { readTalk, TALK_LIMITS } from './fields.ts';
import { talk } from './talk.ts';

export interface TalkPageOptions {
  /** The caller closes them after the server. */
  models: Models;
  /** Called with failures that are faults of this program or of the machine. */
  onFault?: (error: unknown) => void;
}

/** Bytes that may wait for a reader. */
const WAITING_BYTES = 4 * 1024 * 1024;

/** Makes the page. */
export function talkPage({ models, onFault = () => {} }: TalkPageOptions): Page {
  const graders = new Map<Domain, Grader>();
  let inProgress = 0;
  const graderOf = (domain: Domain): Grader => {
    const grader = graders.get(domain) ?? createGrader({ equal: domain.equal });
    graders.set(domain, grader);
    return grader;
  };
  return {
    keyless: [],
    browser: true,
    routes: (bodies) => {
      const app = new Hono<ShellEnv>();
      app.get('/api/talk/models', async () => {
        const list: TalkModel[] = (await models.list()).map(({ id, role, run, iteration }) => ({
          id,
          role,
          run,
          iteration,
        }));
        return Response.json(list, { headers: { 'Cache-Control': 'no-store' } });
      });
      app.post('/api/talk', async ({ req, env: { incoming, outgoing } }) => {
        // A form of another site cannot send this type.
        if (req.header('content-type')?.split(';')[0].trim() !== 'application/json') {
          throw new Refusal(415, 'The body must be application/json.');
        }
        const request = await bodies.read(incoming, readTalk);
        if (inProgress >= TALK_LIMITS.requests) {
          throw new Refusal(429, 'Too many questions are being answered. Repeat the request.', { 'Retry-After': '2' });
        }
        const signal = clientSignal(outgoing);
        const stream = new EventStream(outgoing, WAITING_BYTES);
        inProgress++;
        try {
          await talk(request, { models, grader: graderOf, signal, onFault }, (event) => stream.send(event));
          stream.end();
        } catch (error) {
          if (!signal.aborted) throw error;
        } finally {
          inProgress--;
        }
        return RESPONSE_ALREADY_SENT;
      });
      return app;
    },
    close: () => {
      for (const grader of graders.values()) void grader.close();
      graders.clear();
    },
  };
}
