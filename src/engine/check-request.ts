/** Checks a sample request before any engine runs it. */

import { EngineError } from '../errors.ts';
import type { SampleRequest } from './engine.ts';

/**
 * Throws EngineError `user` if a setting is out of range, or the prompt is empty or has a token outside the vocabulary.
 */
export function checkSampleRequest(request: SampleRequest, vocabulary: number): void {
  const { prompt, n, maxTokens, temperature, topP, topK, minP = 0, stopTokens = [], stopStrings = [] } = request;
  const ranges: [string, string | number, string, boolean][] = [
    ['a prompt', `${prompt.length} tokens`, 'at least one', prompt.length > 0],
    ['n', n, 'a whole number from 1', Number.isInteger(n) && n >= 1],
    ['maxTokens', maxTokens, 'a whole number from 1', Number.isInteger(maxTokens) && maxTokens >= 1],
    ['temperature', temperature, 'a number from 0', Number.isFinite(temperature) && temperature >= 0],
    ['topP', topP, 'above 0, at most 1', topP > 0 && topP <= 1],
    ['topK', topK, 'a whole number from 0', Number.isInteger(topK) && topK >= 0],
    ['minP', minP, 'from 0 to 1', minP >= 0 && minP <= 1],
    [
      'stopTokens',
      stopTokens.join(', '),
      'token ids',
      stopTokens.every((token) => Number.isInteger(token) && token >= 0),
    ],
    ['stopStrings', JSON.stringify(stopStrings), 'texts of at least one character', !stopStrings.includes('')],
  ];
  for (const [what, found, wanted, fine] of ranges) {
    if (fine) continue;
    throw new EngineError('user', `A sample request has ${what} = ${found}.`, `Give ${wanted}.`);
  }
  const stray = prompt.find((token) => token < 0 || token >= vocabulary);
  if (stray === undefined) return;
  throw new EngineError(
    'user',
    `Token ${stray} is outside the vocabulary of ${vocabulary}.`,
    "Encode with the model's own tokenizer.",
  );
}
