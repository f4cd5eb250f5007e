/** The colour theme: that of the system, or the one chosen here. */

import { effect, signal } from '@preact/signals';

export const CHOICES = ['auto', 'light', 'dark'] as const;
export type ThemeChoice = (typeof CHOICES)[number];

const KEY = 'rzero-theme';
const system = globalThis.matchMedia('(prefers-color-scheme: dark)');

/** What the reader chose. */
export const choice = signal<ThemeChoice>(stored());
/** The theme that is shown. Views that draw on a canvas read their colours again when it changes. */
export const theme = signal<'light' | 'dark'>('light');

/** Shows the theme, and follows the choice and the system. */
export function followTheme(): void {
  const show = (): void => {
    theme.value = choice.value === 'auto' ? (system.matches ? 'dark' : 'light') : choice.value;
    document.documentElement.dataset.theme = theme.value;
  };
  effect(show);
  system.addEventListener('change', show);
}

/** Chooses the next theme. */
export function nextTheme(): void {
  choice.value = CHOICES[(CHOICES.indexOf(choice.value) + 1) % CHOICES.length];
  try {
    localStorage.setItem(KEY, choice.value);
  } catch {
    // A page from disk may have no storage; the choice then holds until it is closed.
  }
}

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return CHOICES.find((known) => known === value) ?? 'auto';
  } catch {
    return 'auto';
  }
}
