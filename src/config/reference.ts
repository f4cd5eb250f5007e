import { configTables, describeConfig } from './describe.ts';
import type { ConfigKey } from './describe.ts';
import { SCALES } from './scales.ts';
import { valueAt } from './tables.ts';

const TITLES: Record<string, string> = {
  engine: 'engine that samples and trains',
  adapt: 'full training or LoRA',
  prompt: 'ends of completions and details of prompts',
  challenger: 'training of the Challenger (stage 1)',
  pool: 'sampling of questions (stage 2)',
  votes: 'answers of the Solver (stage 3)',
  filter: 'selection of the curriculum (stage 4)',
  solver: 'training of the Solver (stage 5)',
  verifier: 'training and test of the Verifier (between stages 3 and 4)',
  evaluation: 'held-out test and benchmarks (stage 6)',
  memory: 'repetition across iterations (stages 1 and 3)',
  monitors: 'detection of collapse (stages 1, 4 and 5)',
  audit: 'label accuracy; changes nothing in the run',
  'audit.judge': 'LLM judge for a sample of labels',
  keep: 'what the run stores; changes nothing in the run',
  finetune: 'supervised training (`rzero finetune`)',
};

/** `docs/reference/config.md`: every setting with its values, its default and the values of each scale. */
export function configReference(): string {
  const keys = describeConfig();
  const top = keys.filter((key) => !key.path.includes('.'));
  const sections = configTables().flatMap((table) => [
    `## \`[${table}]\`: ${TITLES[table] ?? table}`,
    list(keys.filter((key) => key.path.slice(0, key.path.lastIndexOf('.')) === table)),
  ]);
  return `${[INTRO, '## Top level', list(top), ...sections].join('\n\n')}\n`;
}

const INTRO = `# The config

All settings of a run. Later sources override earlier ones: the defaults, the preset of the scale (\`--scale tiny|small|paper\`), TOML files from left to right (\`--config a.toml --config b.toml\`; \`--config repo\` is a preset of \`recipes/\`), flags, and \`--set table.key=value\`. Tables are merged; other values, including lists, are replaced. An unknown key or an invalid value is an error that names the nearest key or the allowed values. \`rzero evolve --dry-run\` prints the result; each run stores it as \`config.toml\`.

This page is generated from \`src/config/schema.ts\`: \`npx vitest run src/config/reference.test.ts -u\` updates it.`;

function list(keys: readonly ConfigKey[]): string {
  return keys
    .map((key) => `- \`${key.path}\`: ${key.type}. ${standard(key)}.${key.description ? ` ${key.description}` : ''}`)
    .join('\n');
}

function standard(key: ConfigKey): string {
  const only = key.onlyWith === undefined ? '' : `Only with \`${key.onlyWith}\`. `;
  return key.default === undefined ? `${only}Required` : `${only}Default ${value(key.default)}${scales(key)}`;
}

function scales(key: ConfigKey): string {
  const differing = Object.entries(SCALES).flatMap(([scale, preset]) => {
    const own = valueAt({ ...preset }, key.path.split('.'));
    return own === undefined || own === key.default ? [] : [`${scale}: ${value(own)}`];
  });
  return differing.length === 0 ? '' : ` (${differing.join(', ')})`;
}

function value(given: unknown): string {
  return `\`${JSON.stringify(given)}\``;
}
