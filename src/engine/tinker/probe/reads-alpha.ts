import type { BaseFacts } from '../base/base-folder.ts';
import { type ModelSpec, unload } from '../policy/trained-model.ts';
import type { TinkerService } from '../service.ts';
import { Bench } from './bench.ts';

/**
 * Returns whether a service reads `lora_alpha`: the gradient of a new adapter is proportional to it. True if the service
 * reports no norms, because then it cannot be measured.
 */
export async function readsAlpha(api: TinkerService, { base, lora }: ModelSpec, facts: BaseFacts): Promise<boolean> {
  const normAt = async (alpha: number): Promise<number | null> => {
    const model = await api.createModel(base, { ...lora, lora_alpha: alpha });
    try {
      const bench = new Bench(model, facts);
      await bench.weigh(1);
      return await bench.step();
    } finally {
      await unload(model, true);
    }
  };
  const [one, double] = [await normAt(32), await normAt(64)];
  return one === null || double === null || Math.abs(double / one - 2) < 0.1;
}
