/** Checks that the parameters to train match the checkpoint that a policy is opened from. */

import { EngineError } from '../errors.ts';
import { describeAdapter, sameShape } from '../models/adapters/adapter.ts';
import { ADAPTER_TARGETS, type AdapterShape } from '../types.ts';
import type { Adaptation } from './engine.ts';

/**
 * Throws EngineError `user` if a setting is out of range, or contradicts the adapter `saved` in the folder `from`
 * (null: full weights).
 */
export function checkAdapt(adapt: Adaptation | undefined, saved: AdapterShape | null, from: string): void {
  if (adapt === undefined) return;
  if (adapt.kind === 'full') {
    if (saved === null) return;
    throw new EngineError(
      'user',
      `${from} holds a LoRA adapter (${describeAdapter(saved)}), but all parameters were to be trained.`,
      `Continue with the adapter: --set adapt.method=lora ${flagsOf(saved)}; or write the whole model with \`rzero export --model ${from} --out FOLDER\` and start from that.`,
    );
  }
  checkShape(adapt);
  if (saved === null || sameShape(saved, adapt)) return;
  throw new EngineError(
    'user',
    `${from} holds a LoRA adapter of ${describeAdapter(saved)}, but ${describeAdapter(adapt)} was requested.`,
    `Use the saved settings: ${flagsOf(saved)}.`,
  );
}

function flagsOf({ rank, alpha, targets }: AdapterShape): string {
  return `--set adapt.rank=${rank} --set adapt.alpha=${alpha} --set 'adapt.targets=${JSON.stringify(targets)}'`;
}

function checkShape({ rank, alpha, targets }: AdapterShape): void {
  const inOrder = ADAPTER_TARGETS.filter((target) => targets.includes(target));
  const ranges: [string, string | number, string, boolean][] = [
    ['rank', rank, 'a whole number from 1', Number.isInteger(rank) && rank >= 1],
    ['alpha', alpha, 'a number above 0', Number.isFinite(alpha) && alpha > 0],
    [
      'targets',
      targets.join(', '),
      `some of ${ADAPTER_TARGETS.join(', ')}, each once and in this order`,
      targets.length > 0 && inOrder.join() === targets.join(),
    ],
  ];
  for (const [what, found, wanted, fine] of ranges) {
    if (fine) continue;
    throw new EngineError('user', `The adapter settings have ${what} = ${found}.`, `Give ${wanted}.`);
  }
}
