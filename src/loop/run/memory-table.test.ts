import { expect, it } from 'vitest';

import { resolveConfig } from '../../config/load.ts';
import { forecastMemory } from '../../engine/local/memory/forecast-memory.ts';
import type { DecoderConfig } from '../../models/decoder-config.ts';
import { localEngine } from '../../config/schema.ts';
import { sizesOf } from '../../engine/local/memory/room.ts';
import { workloadOf } from './workload.ts';

const LLAMA = { architecture: 'llama', ropeTheta: 10_000, rmsEpsilon: 1e-6, tied: true, qkNorm: false } as const;
const QWEN2 = { ...LLAMA, architecture: 'qwen2', qkvBias: true, vocabulary: 151_936, maxPositions: 32_768 } as const;
const QWEN3 = { ...LLAMA, architecture: 'qwen3', qkNorm: true, vocabulary: 151_936, maxPositions: 32_768 } as const;
const size = (
  hidden: number,
  layers: number,
  heads: number,
  kvHeads: number,
  headDim: number,
  intermediate: number,
) => ({
  hidden,
  layers,
  heads,
  kvHeads,
  headDim,
  intermediate,
});

/** Shapes from the models' configs. */
const MODELS: Record<string, DecoderConfig> = {
  'SmolLM2-135M': { ...LLAMA, ...size(576, 30, 9, 3, 64, 1536), vocabulary: 49_152, maxPositions: 8192 },
  'SmolLM2-360M': { ...LLAMA, ...size(960, 32, 15, 5, 64, 2560), vocabulary: 49_152, maxPositions: 8192 },
  'Qwen2.5-0.5B': { ...QWEN2, ...size(896, 24, 14, 2, 64, 4864) },
  'Qwen3-0.6B': { ...QWEN3, ...size(1024, 28, 16, 8, 128, 3072) },
  'Llama-3.2-1B': { ...LLAMA, ...size(2048, 16, 32, 8, 64, 8192), vocabulary: 128_256, maxPositions: 131_072 },
  'Qwen2.5-1.5B': { ...QWEN2, ...size(1536, 28, 12, 2, 128, 8960) },
  'Qwen3-1.7B': { ...QWEN3, ...size(2048, 28, 16, 8, 128, 6144) },
};
const PROMPT = 150;
const SHORT = [96, 256] as const;
const LONG = [2048, 32] as const;

function needed(decoder: DecoderConfig, [maxTokens, slots]: readonly [number, number], more: string[]): string {
  const lengths = ['challenger', 'solver', 'votes', 'pool', 'evaluation'].map((one) => `${one}.maxTokens=${maxTokens}`);
  const config = resolveConfig({ set: [...lengths, ...more] });
  const sizes = sizesOf(localEngine.parse({ slots }), decoder, workloadOf(config, PROMPT));
  const gigabytes = (recompute: 'on' | 'off'): string =>
    (forecastMemory({ ...sizes, recompute }, Infinity).bytes / 1e9).toFixed(1);
  return `${gigabytes('off')} / ${gigabytes('on')}`;
}

function memoryTable(): string {
  const rows = Object.entries(MODELS).map(([name, decoder]) => {
    const lora = ['adapt.method=lora'];
    const cells = [
      needed(decoder, SHORT, []),
      needed(decoder, LONG, []),
      needed(decoder, SHORT, lora),
      needed(decoder, LONG, lora),
    ];
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  const columns = (what: string): string =>
    [SHORT, LONG].map(([tokens, slots]) => `${what}, ${tokens} tokens, ${slots} slots`).join(' | ');
  return [
    '# Memory by model',
    '',
    '<!-- Written by src/loop/run/memory-table.test.ts: change it there, then `npx vitest run src/loop/run/memory-table.test.ts -u`. -->',
    '',
    'What `rzero evolve` is forecast to hold at its peak, in GB of 10⁹ bytes: with all activations kept / computed again (`engine.recompute`). Completions of at most so many tokens behind prompts of 150, so many sequences decoded at once, all other settings the defaults. Both players train, with a reference. `rzero evolve --dry-run` gives the same by part for your model, your settings and this machine.',
    '',
    `| model | ${columns('every parameter')} | ${columns('adapters')} |`,
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

it('docs/reference/memory.md is current', async () => {
  await expect(memoryTable()).toMatchFileSnapshot('../../../docs/reference/memory.md');
});
