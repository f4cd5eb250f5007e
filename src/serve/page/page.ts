/**
 * The page on the HTTP shell: its files, and the answers of a `ViewSource` as JSON. Every answer carries a content
 * security policy that allows the page's own files only. Next: `../../view/source.ts`, `../../../web/`.
 */

import { Hono } from 'hono';
import type { BundleFile } from '../../page/bundle.ts';
import type { ViewSource } from '../../view/source.ts';
import type { Page, ShellEnv } from '../shell/shell.ts';

export interface ViewPageOptions {
  bundle: readonly BundleFile[];
  source: Pick<ViewSource, 'runs'>;
}

/** Source list of the page: its own files, and no inline script or style. */
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

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Makes the page. */
export function viewPage({ bundle, source }: ViewPageOptions): Page {
  const files = new Map(bundle.map((file) => [file.path === 'index.html' ? '/' : `/${file.path}`, file]));
  return {
    keyless: [],
    browser: true,
    routes: () => {
      const app = new Hono<ShellEnv>();
      for (const [path, file] of files) app.get(path, () => fileResponse(file));
      app.get('/api/runs', async () => Response.json(await source.runs(), { headers: HEADERS }));
      return app;
    },
  };
}

function fileResponse({ type, bytes }: BundleFile): Response {
  return new Response(new Uint8Array(bytes), {
    headers: { ...HEADERS, 'Content-Type': type, 'Cache-Control': 'no-cache' },
  });
}
