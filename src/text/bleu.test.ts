import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestBleuDistances, pairwiseBleuDistances, sentenceBleu } from './bleu.ts';
import { condensedIndex } from './cluster.ts';
import { tokenize } from './ngrams.ts';

interface Case {
  reference: string;
  hypothesis: string;
  bleu: number;
}
const cases: Case[] = JSON.parse(readFileSync(new URL('../../test/fixtures/text/bleu.json', import.meta.url), 'utf8'));

describe('sentenceBleu', () => {
  it('matches NLTK', () => {
    const wrong = cases.filter(
      ({ reference, hypothesis, bleu }) => !(Math.abs(sentenceBleu(reference, hypothesis) - bleu) < 1e-12),
    );
    expect(cases.length).toBeGreaterThan(140);
    expect(wrong).toEqual([]);
  });

  it('returns 0 without a shared word or without words', () => {
    expect(sentenceBleu('a b', 'c d')).toBe(0);
    expect(sentenceBleu('a', '')).toBe(0);
    expect(sentenceBleu('', '')).toBe(0);
  });
});

describe('pairwiseBleuDistances', () => {
  it('returns 1 − BLEU(reference j, hypothesis i) for i < j, in condensed order', () => {
    const words = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
    const text = fc.array(words, { maxLength: 8 }).map((tokens) => tokens.join(' '));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 7 }), (texts) => {
        const distances = pairwiseBleuDistances(texts);
        expect(distances).toHaveLength((texts.length * Math.max(0, texts.length - 1)) / 2);
        for (let i = 0; i < texts.length; i++) {
          for (let j = i + 1; j < texts.length; j++) {
            expect(distances[condensedIndex(texts.length, i, j)]).toBeCloseTo(1 - sentenceBleu(texts[j], texts[i]), 12);
          }
        }
      }),
    );
  });
});

describe('nearestBleuDistances', () => {
  it('matches NLTK', () => {
    const {
      references,
      hypotheses,
      distances,
    }: Record<'references' | 'hypotheses', string[]> & {
      distances: number[];
    } = JSON.parse(readFileSync(new URL('../../test/fixtures/text/nearest.json', import.meta.url), 'utf8'));
    const ours = nearestBleuDistances(hypotheses, references);
    expect(ours).toHaveLength(distances.length);
    distances.forEach((distance, at) => expect(ours[at], hypotheses[at]).toBeCloseTo(distance, 12));
    expect(Math.min(...ours)).toBe(0);
    expect(Math.max(...ours)).toBe(1);
  });

  it('returns the smallest of the single distances, and 1 without references', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 7 }).map((tokens) => tokens.join(' '));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), fc.array(text, { maxLength: 5 }), (hypotheses, references) => {
        const singles = hypotheses.map((one) =>
          Math.min(1, ...references.map((other) => 1 - sentenceBleu(other, one))),
        );
        const ours = Array.from(nearestBleuDistances(hypotheses, references));
        expect(ours).toHaveLength(hypotheses.length);
        ours.forEach((distance, at) => expect(distance).toBeCloseTo(singles[at], 12));
      }),
    );
  });
});

describe('tokenize', () => {
  it('splits as Python does', () => {
    expect(tokenize(' a\x1cb\u00a0c\ufeff\n')).toEqual(['a', 'b', 'c\ufeff']);
    expect(tokenize(' \t ')).toEqual([]);
  });
});
