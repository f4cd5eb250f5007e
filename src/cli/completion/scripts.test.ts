import { spawnSync } from 'node:child_process';
import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { completionScript, SHELLS } from './scripts.ts';
import { commandTree } from './tree.ts';

function program(): Command {
  const root = new Command('rzero').version('1.0.0');
  root
    .command('evolve')
    .description("evolve a model: the [owner]'s")
    .option('--scale <name>', 'size preset')
    .option('--dry-run', 'forecast only')
    .addOption(new Option('--dtype <format>', 'format').choices(['float32', 'bfloat16']));
  root.command('resume').description('continue').argument('[run]', 'run');
  return root;
}
const tree = commandTree(program());

describe('commandTree', () => {
  it('has every command with its options, their values, and --help', () => {
    expect(tree.map(({ name, takesArgument }) => [name, takesArgument])).toEqual([
      ['evolve', false],
      ['resume', true],
    ]);
    expect(tree[0].options.map(({ flag, takesValue }) => [flag, takesValue])).toEqual([
      ['--scale', true],
      ['--dry-run', false],
      ['--dtype', true],
      ['--help', false],
    ]);
    expect(tree[0].options[2].choices).toEqual(['float32', 'bfloat16']);
  });
});

/** Returns what bash proposes for the last of these words. */
function proposed(...words: string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const { stdout, stderr } = spawnSync(
    'bash',
    [
      '-c',
      `${completionScript('bash', tree)}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _rzero; echo "\${COMPREPLY[@]}"`,
    ],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  return stdout.trim().split(' ');
}

describe('completionScript', () => {
  it.each([
    [['rzero', 'e'], ['evolve']],
    [
      ['rzero', ''],
      ['evolve', 'resume', 'help'],
    ],
    [
      ['rzero', 'evolve', '--d'],
      ['--dry-run', '--dtype'],
    ],
    [['rzero', 'evolve', '--dtype', 'b'], ['bfloat16']],
    [['rzero', 'resume', '--'], ['--help']],
    [['rzero', 'evolve', 'mod'], ['']],
  ])('bash completes %j with %j', (words, expected) => {
    expect(proposed(...words)).toEqual(expected);
  });

  it.each(SHELLS)('%s names every command and option, with balanced quotes', (shell) => {
    const script = completionScript(shell, tree);
    for (const { name, options } of tree) {
      expect(script).toContain(name);
      for (const { flag } of options) expect(script).toContain(flag.slice(shell === 'fish' ? 2 : 0));
    }
    expect((script.match(/'/g) ?? []).length % 2).toBe(0);
  });
});
