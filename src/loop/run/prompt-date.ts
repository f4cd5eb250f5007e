/** The date that a run's prompts contain, if its chat template writes today's date. */

import type { RunConfig } from '../../config/schema.ts';
import { asksForDate } from '../../models/tokenizer/chat-template.ts';
import { loadText } from '../../models/tokenizer/tokenizer.ts';

/**
 * Sets `prompt.date` to `date` if it is empty and the model's template asks for the date. The run records it, so that
 * a resumed run and evaluations of the run have the same prompts.
 * @throws ModelLoadError if the tokenizer cannot be loaded
 */
export async function withDate(config: RunConfig, date: string): Promise<RunConfig> {
  if (config.prompt.date !== '') return config;
  const { template } = await loadText(config.model, config);
  if (template.text === null || !asksForDate(template.text)) return config;
  return { ...config, prompt: { ...config.prompt, date } };
}
