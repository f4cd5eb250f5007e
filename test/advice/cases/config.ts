/** Errors of config files, `--set` and flags. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { resolveConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/errors.ts';
import type { AdviceCase } from '../followed.ts';

export const CASES: AdviceCase[] = [
  {
    file: 'config/parse.ts',
    message: 'Cannot read the config file …: ….',
    advice: 'Check the path given to --config, or name a preset: paper, repo, modern.',
    provoke: (place) => resolveConfig({ files: [join(place, 'missing.toml')] }),
    follow: () => {
      for (const preset of ['paper', 'repo', 'modern']) resolveConfig({ files: [preset] });
    },
  },
  {
    file: 'config/parse.ts',
    message: '…:…:…: …',
    advice: /^Correct line 2 of .*wrong\.toml\.$/,
    provoke: (place) => {
      writeFileSync(join(place, 'wrong.toml'), 'seed = 3\niterations = \n');
      resolveConfig({ files: [join(place, 'wrong.toml')] });
    },
    follow: (place) => {
      writeFileSync(join(place, 'wrong.toml'), 'seed = 3\niterations = 2\n');
      expect(resolveConfig({ files: [join(place, 'wrong.toml')] }).iterations).toBe(2);
    },
  },
  {
    file: 'config/parse.ts',
    message: '--set …: expected key=value.',
    advice: 'Write it as --set solver.steps=20.',
    provoke: () => resolveConfig({ set: ['solver.steps'] }),
    follow: () => expect(resolveConfig({ set: ['solver.steps=20'] }).solver.steps).toBe(20),
  },
  {
    file: 'config/parse.ts',
    message: '--set …: …',
    advice: 'Close the quote or bracket, or quote the whole argument for the shell.',
    provoke: () => resolveConfig({ set: ['adapt.targets=["q_proj"'] }),
    follow: () => expect(resolveConfig({ set: ['adapt.targets=["q_proj"]'] }).adapt.targets).toEqual(['q_proj']),
  },
  {
    file: 'config/load.ts',
    message: '…',
    advice: /^Correct it; every key with its values is in .*config\.md\.$/,
    provoke: () => resolveConfig({ set: ['solver.stepz=3'] }),
    follow: (_, error) => {
      const nearest = /the nearest is ([\w.]+)/.exec(error.message)?.[1] ?? '';
      expect(resolveConfig({ set: [`${nearest}=3`] }).solver.steps).toBe(3);
      expect(error).toBeInstanceOf(ConfigError);
    },
  },
];
