/** The files of the page as answers: compressed once, and sent again only if they changed. */

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { BundleFile } from '../../page/bundle.ts';
import { acceptsGzip } from './answer.ts';

/** The headers of a request that its answer depends on. */
export interface FileRequest {
  accept: string | undefined;
  /** `If-None-Match`. */
  known: string | undefined;
}

/** Fonts are compressed already. */
const COMPRESSIBLE = /^(?:text\/|image\/svg)/;

/** Returns the function that answers requests for one file, with `headers`. */
export function fileAnswer(
  { type, bytes }: BundleFile,
  headers: Readonly<Record<string, string>>,
): (request: FileRequest) => Response {
  const plain = new Uint8Array(bytes);
  const packed = COMPRESSIBLE.test(type) ? new Uint8Array(gzipSync(bytes, { level: 9 })) : null;
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const common = { ...headers, 'Cache-Control': 'no-cache', ETag: tag, Vary: 'Accept-Encoding' };
  return ({ accept, known }) => {
    if (known !== undefined && known.split(',').some((one) => one.trim().replace(/^W\//, '') === tag)) {
      return new Response(null, { status: 304, headers: common });
    }
    if (packed === null || !acceptsGzip(accept)) {
      return new Response(plain, { headers: { ...common, 'Content-Type': type } });
    }
    return new Response(packed, { headers: { ...common, 'Content-Type': type, 'Content-Encoding': 'gzip' } });
  };
}
