/** The states of a view that has nothing to draw: it loads, it is empty, or it failed. */

import type { ComponentChildren } from 'preact';
import { Icon } from './icons.tsx';

export function Loading({ what }: { what: string }) {
  return (
    <p class="state state-loading" role="status">
      Loading {what} …
    </p>
  );
}

/** `children`: what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div class="state failure" role="alert">
      <p class="state-title">
        <Icon name="alert" /> This could not be loaded.
      </p>
      <p>
        <bdi>{error.message}</bdi>
      </p>
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A command to type, in one line that can be selected at once. */
export function Command({ children }: { children: string }) {
  return <code class="command">{children}</code>;
}
