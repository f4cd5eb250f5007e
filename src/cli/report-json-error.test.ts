import { CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { ConfigError, EngineError } from '../errors.ts';
import { jsonLine } from './report-json-error.ts';

it.each([
  [
    new ConfigError('The config has 2 problems:\n  a\n  b', 'Correct them.'),
    2,
    { type: 'config', message: 'The config has 2 problems:\n  a\n  b', advice: 'Correct them.', exitCode: 2 },
  ],
  [
    new EngineError('budget', 'It is too large.', 'Use less.'),
    1,
    { type: 'engine/budget', message: 'It is too large.', advice: 'Use less.', exitCode: 1 },
  ],
  [
    new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"),
    2,
    { type: 'usage', message: "unknown option '--x'", advice: 'See the options with --help.', exitCode: 2 },
  ],
  [new TypeError('x is undefined'), 1, { type: 'unexpected', message: 'x is undefined', exitCode: 1 }],
])('%s is one line of JSON', (error, exitCode, expected) => {
  const line = jsonLine(error, exitCode);
  expect(line.split('\n')).toHaveLength(2);
  expect(JSON.parse(line)).toMatchObject(expected);
});

it('prints nothing after --help', () => {
  expect(jsonLine(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), 0)).toBe('');
});
