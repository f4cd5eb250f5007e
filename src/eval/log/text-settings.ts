/** The settings of the chat template, as a part of an evaluation's settings. */

import type { RunConfig } from '../../config/schema.ts';

/**
 * Returns the variables, ends and other settings of prompts that differ from the defaults, as JSON; undefined if none
 * does, as in evaluations made before these settings existed.
 */
export function textSettings({ template, prompt }: Pick<RunConfig, 'template' | 'prompt'>): string | undefined {
  const own = {
    ...(Object.keys(template).length === 0 ? {} : { template }),
    ...(prompt.stop.length === 0 ? {} : { stop: prompt.stop }),
    ...(prompt.system === 'message' ? {} : { system: prompt.system }),
    ...(prompt.date === '' ? {} : { date: prompt.date }),
  };
  return Object.keys(own).length === 0 ? undefined : JSON.stringify(own);
}
