/**
 * The page on the HTTP shell: its files, and the answers of a `ViewSource` as JSON. Its documents carry a content
 * security policy that allows the page's own files only. Next: `../../view/source.ts`, `../../../web/`.
 */

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { BundleFile } from '../../page/bundle.ts';
import { runFolder } from '../../view/folder-source.ts';
import type { ViewSource } from '../../view/source.ts';
import type { Page, ShellEnv } from '../shell/shell.ts';
import { asRefusal, jsonAnswer } from './answer.ts';
import { fileAnswer } from './files.ts';
import { Streams } from './live/streams.ts';
import { readNames, readNumber, readQuestionQuery } from './query.ts';

export interface ViewPageOptions {
  bundle: readonly BundleFile[];
  source: ViewSource;
  /** Folder of the runs whose events can be followed. */
  runsDir: string;
  /** Default: streams of its own, with the usual limits. */
  streams?: Streams;
}

/** The page's own files, and no inline script or style. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Makes the page. */
export function viewPage({ bundle, source, runsDir, streams = new Streams() }: ViewPageOptions): Page {
  return {
    keyless: [],
    browser: true,
    routes: () => {
      const app = new Hono<ShellEnv>();
      addFiles(app, bundle);
      addViews(app, source);
      addEvents(app, runsDir, streams);
      return app;
    },
    close: () => streams.close(),
  };
}

function addFiles(app: Hono<ShellEnv>, bundle: readonly BundleFile[]): void {
  for (const file of bundle) {
    const answer = fileAnswer(file, { 'Content-Security-Policy': POLICY });
    app.get(file.path === 'index.html' ? '/' : `/${file.path}`, ({ req }) =>
      answer({ accept: req.header('accept-encoding'), known: req.header('if-none-match') }),
    );
  }
}

function addViews(app: Hono<ShellEnv>, source: ViewSource): void {
  const get = <Path extends string>(path: Path, read: (context: Context<ShellEnv, Path>) => Promise<unknown>): void => {
    app.get(path, (context) =>
      jsonAnswer(context.req.header('accept-encoding'), () => read(context as Context<ShellEnv, Path>)),
    );
  };
  get('/api/server', () => source.server());
  get('/api/runs', () => source.runs());
  get('/api/runs/:id', ({ req }) => source.run(req.param('id')));
  get('/api/runs/:id/curves', ({ req }) => source.curves(req.param('id')));
  get('/api/runs/:id/series', ({ req }) => source.series(req.param('id'), readNames(req.query('names'))));
  get('/api/runs/:id/questions', ({ req }) => source.questions(req.param('id'), readQuestionQuery(req.query('query'))));
  get('/api/runs/:id/questions/:question', ({ req }) => source.question(req.param('id'), req.param('question')));
  get('/api/runs/:id/pools', ({ req }) => source.pools(req.param('id')));
  get('/api/runs/:id/held-out', ({ req }) => source.heldOut(req.param('id')));
  get('/api/runs/:id/evaluations', ({ req }) => source.evaluations(req.param('id')));
  get('/api/runs/:id/evaluations/:name', ({ req }) => source.evaluation(req.param('id'), req.param('name')));
}

function addEvents(app: Hono<ShellEnv>, runsDir: string, streams: Streams): void {
  app.get('/api/runs/:id/events', ({ req, env: { incoming, outgoing } }) => {
    const last = req.header('last-event-id');
    const from = last === undefined ? readNumber('from', req.query('from')) : readNumber('Last-Event-ID', last) + 1;
    const dir = asRefusal(() => runFolder(runsDir, req.param('id')));
    streams.start(dir, { from, incoming, outgoing });
    return RESPONSE_ALREADY_SENT;
  });
}
