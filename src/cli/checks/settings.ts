/** Checks the settings of a run: among themselves, with the domain, and with the sizes of the base model. */

import { checkDials } from '../../config/dials/check-dials.ts';
import type { RunConfig } from '../../config/schema.ts';
import { openDomain } from '../../domains/open-domain.ts';
import { messageOf, ModelLoadError } from '../../errors.ts';
import { checkAbilities } from '../../loop/run/abilities.ts';
import { checkSizes } from '../../loop/run/check-sizes.ts';
import { readModelConfig } from '../../models/checkpoint.ts';
import { loadTokenizer } from '../../models/tokenizer/tokenizer.ts';
import type { Check } from './check.ts';
import { folderHere } from './model.ts';

const NAME = 'settings';

/**
 * Checks what a run with these settings refuses before it samples. A model that is not here is not compared.
 * @param served tokens of the model's context on its service
 */
export async function checkSettings(config: RunConfig, runsDir = 'runs', served: number | null = null): Promise<Check> {
  try {
    checkDials(config);
    const { domain } = await openDomain(config.domain);
    checkAbilities(config, domain);
    const folder = await folderHere(config.model, runsDir);
    if (folder === null) return good('do not contradict each other; the model is not here to compare them with');
    const { maxPositions, vocabulary } = await readModelConfig(folder);
    const maxContext = Math.min(maxPositions, served ?? Infinity);
    checkSizes(
      { ...config, model: folder },
      { tokenizer: await loadTokenizer(folder, config), domain, maxContext, vocabulary },
    );
    return good(`fit each other and the model's context of ${maxContext} tokens`);
  } catch (error) {
    if (error instanceof ModelLoadError) return good('do not contradict each other; the model cannot be read');
    const lines = messageOf(error).split('\n');
    const advice = lines.pop() ?? '';
    return { name: NAME, state: 'missing', found: lines.join('; '), advice };
  }
}

function good(found: string): Check {
  return { name: NAME, state: 'good', found, advice: null };
}
