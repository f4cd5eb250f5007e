import { CommanderError } from 'commander';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, ModelLoadError } from '../errors.ts';
import { nameRun } from '../run-place.ts';
import { newRunCommand } from '../store/failures.ts';
import { plainPalette } from './render/palette.ts';
import { describeFailure } from './report-error.ts';
import { jsonLine } from './report-json-error.ts';

describe('describeFailure', () => {
  it('prints a known error without a stack and with its advice last', () => {
    const failure = describeFailure(
      new ModelLoadError('x/config.json is missing.', 'Check the path.'),
      plainPalette,
      false,
    );
    expect(failure).toEqual({ text: 'error x/config.json is missing.\nCheck the path.\n', exitCode: 1 });
  });

  it('uses exit code 2 for invalid usage', () => {
    expect(describeFailure(new ConfigError('no', 'do'), plainPalette, false).exitCode).toBe(2);
    expect(describeFailure(new CommanderError(1, 'commander.unknownOption', 'x'), plainPalette, false)).toEqual({
      text: '',
      exitCode: 2,
    });
    expect(describeFailure(new CommanderError(0, 'commander.helpDisplayed', 'x'), plainPalette, false).exitCode).toBe(
      0,
    );
  });

  it('prints an unexpected error with its stack and how to report it', () => {
    const { text, exitCode } = describeFailure(new TypeError('boom \u001b[2J', { cause: 'why' }), plainPalette, false);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^unexpected error TypeError: boom ␛\[2J\n {2,4}at /);
    expect(text).toMatch(/caused by why\nThis is a bug in rzero\. Please report it/);
  });

  it('names the command that continues a run, unless the error asks for a new one', () => {
    const dir = mkdtempSync(join(tmpdir(), 'rzero-report-'));
    writeFileSync(join(dir, 'run.db'), '');
    const caller = { program: 'rzero', runsDir: join(dir, 'runs') };
    const failed = (advice: string): [text: string, json: unknown] => {
      const error = new ConfigError('no', advice);
      nameRun(error, { id: 'run-1', dir });
      const { text, exitCode } = describeFailure(error, plainPalette, false, caller);
      return [text, (JSON.parse(jsonLine(error, exitCode, caller)) as { run: unknown }).run];
    };
    const command = `rzero resume ${dir}`;
    expect(failed('Repair it.')).toEqual([
      `error no\nThe run run-1 is saved up to its last step. To continue: ${command}\nRepair it.\n`,
      { id: 'run-1', dir, continue: command },
    ]);
    const advice = `Start a new run: \`${newRunCommand(dir)}\`.`;
    expect(failed(advice)).toEqual([`error no\n${advice}\n`, { id: 'run-1', dir, continue: null }]);
    rmSync(dir, { recursive: true });
  });

  it('prints stacks of known errors with debug', () => {
    const error = new ConfigError('no', 'do', { cause: new Error('deep') });
    expect(describeFailure(error, plainPalette, true).text).toMatch(
      /ConfigError: no\ndo\n +at [^]*caused by Error: deep/,
    );
  });
});
