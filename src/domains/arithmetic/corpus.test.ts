import { describe, expect, it } from 'vitest';
import { lastBoxed } from '../../answers/read/extract.ts';
import { Random } from '../../random.ts';
import { corpusDocument, corpusRecipeSchema, defaultCorpusRecipe, type CorpusDocument } from './corpus.ts';
import { arithmetic } from './domain.ts';
import { heldOutTexts, isHeldOut } from './held-out.ts';

const documents = (count: number, recipe = defaultCorpusRecipe, progress = 1, seed = 1): CorpusDocument[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => corpusDocument(random, recipe, progress));
};
const shareOf = (items: readonly CorpusDocument[], test: (item: CorpusDocument) => boolean): number =>
  items.filter(test).length / items.length;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const sample = documents(20_000);
const questions = sample.flatMap(({ question }) => (question === null ? [] : [question]));
const worked = sample.filter((document) => document.kind === 'worked');
const hasty = sample.filter((document) => document.kind === 'hasty');
const direct = sample.filter((document) => document.kind === 'direct');

/** Whether each written step is right, recomputed from the text. */
function writtenSteps(document: CorpusDocument): boolean[] {
  return document.assistant
    .split('\n')
    .filter((line) => line.includes('='))
    .map((line) => {
      const [, left, operation, right, result] = /^(-?\d+)([-+*])(-?\d+)=(-?\d+)$/.exec(line) ?? [];
      const [a, b] = [Number(left), Number(right)];
      return (operation === '+' ? a + b : operation === '-' ? a - b : a * b) === Number(result);
    });
}

describe('the corpus', () => {
  it('is the same for the same seed', () => {
    expect(documents(50, defaultCorpusRecipe, 0.2, 9)).toEqual(documents(50, defaultCorpusRecipe, 0.2, 9));
  });

  it("asks only questions that the oracle can answer, with the oracle's answer as truth", () => {
    for (const { question, kind } of sample) expect(question === null).toBe(kind === 'fact');
    for (const { text, truth, operations } of questions) {
      expect(arithmetic.truth(text)).toBe(truth);
      expect(arithmetic.difficulty(text)).toBe(operations);
    }
  });

  it('never asks a held-out question', () => {
    const held = heldOutTexts();
    for (const { text } of questions) {
      expect(held.has(text)).toBe(false);
      expect(isHeldOut(text)).toBe(false);
    }
  });

  it('mixes document kinds as in the recipe', () => {
    const { challenger, facts, direct: directShare, hasty: hastyShare } = defaultCorpusRecipe;
    const written = worked.length + hasty.length;
    expect(shareOf(sample, ({ kind }) => kind === 'challenger')).toBeCloseTo(challenger, 1.7);
    expect(shareOf(sample, ({ kind }) => kind === 'fact')).toBeCloseTo(facts, 1.7);
    expect(direct.length / (direct.length + written)).toBeCloseTo(directShare, 1.7);
    expect(hasty.length / written).toBeCloseTo(hastyShare, 1.7);
  });

  it('mixes operation counts as in the recipe', () => {
    const weights = defaultCorpusRecipe.operations;
    const total = weights.reduce((sum, value) => sum + value, 0);
    weights.forEach((weight, at) => {
      const measured = questions.filter(({ operations }) => operations === at + 1).length / questions.length;
      expect(Math.abs(measured - weight / total)).toBeLessThan(0.012);
    });
  });

  it('makes slips at the rate of the recipe', () => {
    const steps = worked.flatMap(writtenSteps);
    expect(Math.abs(steps.filter((right) => !right).length / steps.length - defaultCorpusRecipe.slip)).toBeLessThan(
      0.01,
    );
    const slipsPerStep =
      hasty.reduce((sum, { slips }) => sum + slips, 0) / hasty.reduce((sum, { steps }) => sum + steps, 0);
    expect(Math.abs(slipsPerStep - defaultCorpusRecipe.hastySlip)).toBeLessThan(0.01);
    const unwritten = direct.reduce((sum, document) => sum + document.steps, 0);
    const slips = direct.reduce((sum, document) => sum + document.slips, 0);
    expect(Math.abs(slips / unwritten - defaultCorpusRecipe.directSlip)).toBeLessThan(0.015);
  });

  it('is right if no step slips and precedence is kept', () => {
    for (const document of worked) {
      const rightSteps = writtenSteps(document);
      expect(rightSteps.length).toBe(document.question?.operations);
      expect(rightSteps.filter((right) => !right).length).toBe(document.slips);
      if (document.slips > 0 || document.procedure === 'left-to-right') continue;
      expect(lastBoxed(document.assistant)).toBe(document.question?.truth);
    }
  });

  it('boxes the result of the last written step', () => {
    for (const { assistant } of worked) {
      expect(
        /=(-?\d+)\n\\boxed\{(-?\d+)\}$/
          .exec(assistant)
          ?.slice(1)
          .every((value, _, all) => value === all[0]),
      ).toBe(true);
      expect(assistant.startsWith(arithmetic.workedPrefix ?? '-')).toBe(true);
      expect(arithmetic.showsWork(assistant)).toBe(true);
    }
    for (const { assistant } of direct) {
      expect(assistant).toMatch(/^\\boxed\{-?\d+\}$/);
      expect(arithmetic.showsWork(assistant)).toBe(false);
    }
  });

  it('makes more wrong direct answers the longer the question', () => {
    const errors = (operations: number): number =>
      shareOf(
        direct.filter(({ question }) => question?.operations === operations),
        ({ assistant, question }) => lastBoxed(assistant) !== question?.truth,
      );
    expect(errors(1)).toBeLessThan(errors(3));
    expect(errors(3)).toBeLessThan(errors(6));
  });

  it('contains every procedure, with the misconception as a minority', () => {
    const precedence = worked.filter(({ question }) => /(\+|-) \d+ \*|\. .*\d+ \w+ of/.test(question?.text ?? ''));
    const wrongWay = shareOf(precedence, ({ procedure }) => procedure === 'left-to-right');
    expect(wrongWay).toBeGreaterThan(defaultCorpusRecipe.misconception * 0.7);
    expect(wrongWay).toBeLessThan(defaultCorpusRecipe.misconception * 1.1);
    expect(new Set(worked.map(({ procedure }) => procedure)).size).toBe(4);
  });

  it('reaches the edges of its closed world but does not exceed them', () => {
    const truths = questions.map(({ truth }) => Number(truth));
    expect(Math.max(...truths)).toBeLessThanOrEqual(999);
    expect(Math.min(...truths)).toBeGreaterThanOrEqual(-999);
    expect(truths.filter((truth) => truth > 500).length).toBeGreaterThan(100);
    expect(truths.filter((truth) => truth < -100).length).toBeGreaterThan(100);
  });

  it("poses questions in the Challenger's format", () => {
    for (const { kind, assistant, question } of sample) {
      if (kind !== 'challenger') continue;
      expect(arithmetic.parseQuestion(assistant)).toEqual({
        text: question?.text,
        claimed: question?.truth,
        invalid: null,
      });
    }
  });

  it('states true facts', () => {
    for (const document of sample) {
      if (document.kind !== 'fact') continue;
      expect(writtenSteps(document)).toEqual(Array.from({ length: defaultCorpusRecipe.factLines }, () => true));
    }
  });

  it('asks shorter questions early in the training', () => {
    const length = (progress: number): number =>
      mean(documents(3000, defaultCorpusRecipe, progress).flatMap(({ question }) => question?.operations ?? []));
    const [start, middle, full] = [length(0), length(0.2), length(0.5)];
    expect(start).toBeLessThan(middle);
    expect(middle).toBeLessThan(full);
  });

  it('follows a changed recipe, and rejects an impossible one', () => {
    const recipe = corpusRecipeSchema.parse({
      challenger: 0,
      facts: 0,
      direct: 0,
      hasty: 0,
      slip: 0,
      misconception: 0,
      operations: [0, 1],
    });
    for (const document of documents(300, recipe)) {
      expect(document.kind).toBe('worked');
      expect(lastBoxed(document.assistant)).toBe(document.question?.truth);
      expect(document.question?.operations).toBe(2);
    }
    expect(corpusRecipeSchema.safeParse({ slip: 1.5 }).success).toBe(false);
    expect(corpusRecipeSchema.safeParse({ slips: 0.1 }).success).toBe(false);
  });
});
