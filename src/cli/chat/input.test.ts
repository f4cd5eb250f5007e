import { expect, it } from 'vitest';
import { COMMANDS, completions, type Input, readInput } from './input.ts';

it.each<[string, Input]>([
  ['  Compute 3 + 4. ', { kind: 'question', text: 'Compute 3 + 4.' }],
  ['', { kind: 'nothing' }],
  ['/base', { kind: 'iteration', iteration: 0 }],
  ['/iteration 12', { kind: 'iteration', iteration: 12 }],
  ['/iteration', { kind: 'iteration', iteration: null }],
  ['/iteration -1', { kind: 'wrong', message: 'Give a number: /iteration 2.' }],
  ['/challenger', { kind: 'role', role: 'challenger' }],
  ['/votes 10', { kind: 'votes', count: 10, question: null }],
  ['/votes 3  What is 1 / 2?', { kind: 'votes', count: 3, question: 'What is 1 / 2?' }],
  ['/votes', { kind: 'wrong', message: 'Give a number from 1 to 1000: /votes 10.' }],
  ['/votes 1001', { kind: 'wrong', message: 'Give a number from 1 to 1000: /votes 10.' }],
  ['/history', { kind: 'history', keep: null }],
  ['/history off', { kind: 'history', keep: false }],
  ['/history maybe', { kind: 'wrong', message: 'Use /history, /history on or /history off.' }],
  ['/quit', { kind: 'quit' }],
  ['/exit', { kind: 'wrong', message: 'There is no command /exit; /help lists all.' }],
  // A question may begin with a slash.
  ['/3 is a half of what?', { kind: 'question', text: '/3 is a half of what?' }],
])('reads %j', (line, input) => {
  expect(readInput(line)).toEqual(input);
});

it('reads every command of /help', () => {
  for (const [command] of COMMANDS) {
    const line = command.replace(' [question]', '').replace(' N', ' 2');
    expect(['wrong', 'question']).not.toContain(readInput(line).kind);
  }
});

it('completes commands', () => {
  expect(completions('/h')).toEqual([['/history', '/help'], '/h']);
  expect(completions('h')).toEqual([[], 'h']);
});
