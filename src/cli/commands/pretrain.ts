/** `rzero pretrain`: creates a base model from a recipe. */

import { localEngine } from '../../config/schema.ts';
import { pretrain, type PretrainStep } from '../../pretrain/pretrain.ts';
import { loadPretrainRecipe, type PretrainRecipe } from '../../pretrain/recipe.ts';
import type { Io } from '../io.ts';
import { duration } from '../render/format.ts';
import { stoppable } from '../stoppable.ts';

export interface PretrainFlags {
  recipe: string;
  out?: string;
  overwrite?: boolean;
  /** `cpu` or `webgpu`. */
  device?: string;
  json?: boolean;
}

const REPORT_EVERY = 25;

/** Trains as the recipe says and prints the progress every 25 steps. Exit code 0, or that of the signal that stopped it. */
export async function run(flags: PretrainFlags, io: Io): Promise<number> {
  const given = await loadPretrainRecipe(flags.recipe);
  const recipe = { ...given, out: flags.out ?? given.out };
  return stoppable(io, `Finished phases are kept in ${recipe.out}.training.`, (stop) => train(recipe, flags, io, stop));
}

async function train(recipe: PretrainRecipe, flags: PretrainFlags, io: Io, stop: AbortSignal): Promise<number> {
  let sum = 0;
  const report = (step: PretrainStep): void => {
    sum += step.loss;
    if (step.step % REPORT_EVERY !== 0) return;
    const loss = sum / REPORT_EVERY;
    sum = 0;
    if (flags.json === true) {
      io.out(`${JSON.stringify({ ...step, loss })}\n`);
      return;
    }
    const rate = step.tokens / step.seconds;
    const left = tokensAfter(recipe, step) / rate;
    io.out(
      `phase ${step.phase}/${recipe.phases.length}  step ${step.step}  loss ${loss.toFixed(4)}  ${Math.round(rate)} tokens/s  ${duration(left)} left\n`,
    );
  };
  await pretrain(recipe, localEngine.parse({ device: flags.device ?? 'cpu' }), report, {
    stop,
    overwrite: flags.overwrite,
  });
  if (flags.json !== true) io.out(`Wrote ${recipe.out}. Evaluate it with \`rzero eval --model ${recipe.out}\`.\n`);
  return 0;
}

/** Remaining tokens, including later phases. */
function tokensAfter(recipe: PretrainRecipe, step: PretrainStep): number {
  const all = recipe.phases.slice(step.phase - 1).reduce((sum, { tokens }) => sum + tokens, 0);
  return Math.max(0, all - step.tokens);
}
