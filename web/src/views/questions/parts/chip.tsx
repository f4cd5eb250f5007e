/** A word in a colour that says the same. */

import type { ComponentChildren } from 'preact';
import type { Tone } from './words.ts';

export function Chip({ tone, title, children }: { tone: Tone; title?: string; children: ComponentChildren }) {
  return (
    <span class={`q-chip q-${tone}`} title={title}>
      {children}
    </span>
  );
}
