import { describe, expect, it } from 'vitest';
import { nextLogprobs, type TableModel } from '../../test/engines/scripted/model.ts';
import { Random } from '../random.ts';
import { type FrozenModel, likelihoodScorer, maskedMean, selfCertaintyScorer } from './model-scorers.ts';
import { groupOf } from './scoring.contract.ts';

const V = 16;

function tables(seed: number, scale: number): TableModel {
  const random = new Random(seed);
  const draw = (): Float32Array => Float32Array.from({ length: V * V }, () => scale * random.normal());
  return { vocabulary: V, bigram: draw(), skip: draw() };
}

/** The log-probabilities of all tokens at every position of an input. */
const distributions = (model: TableModel, input: Int32Array): Float64Array[] =>
  Array.from(input, (token, at) => nextLogprobs(model, token, at === 0 ? -1 : input[at - 1]));

function frozen(model: TableModel): FrozenModel {
  return {
    score: async (examples) =>
      examples.map(({ input, target, mask }) => {
        const rows = distributions(model, input);
        return Float32Array.from(target, (token, t) => (mask[t] === 0 ? 0 : rows[t][token]));
      }),
  };
}

/** The distributions from which the tokens of a response are drawn. */
function atResponse(model: TableModel, prompt: Int32Array, tokens: Int32Array): Float64Array[] {
  const all = Int32Array.from([...prompt, ...tokens]);
  return distributions(model, all.slice(0, -1)).slice(prompt.length - 1);
}

const groups = [groupOf('t', ['story', 'tale']), groupOf('u', ['ode'])];

describe('likelihood', () => {
  it('is the mean log-probability of the response, without its prompt', async () => {
    const model = tables(1, 1);
    const scores = await likelihoodScorer(frozen(model)).score(groups);
    expect(scores.map((row) => row.length)).toEqual([2, 1]);
    groups.forEach(({ prompt, responses }, group) =>
      responses.forEach(({ tokens }, at) => {
        const rows = atResponse(model, prompt, tokens);
        const mean = rows.reduce((sum, row, t) => sum + row[tokens[t]], 0) / tokens.length;
        expect(scores[group][at]).toBeCloseTo(mean, 5);
      }),
    );
  });
});

describe('self-certainty', () => {
  const scorer = (model: TableModel, draws: number, seed = 1): ReturnType<typeof selfCertaintyScorer> =>
    selfCertaintyScorer(frozen(model), { vocabulary: V, draws, seed });

  it('is 0 for uniform distributions, whatever is drawn', async () => {
    for (const row of await scorer(tables(1, 0), 3).score(groups)) {
      for (const score of row) expect(score).toBeCloseTo(0, 5);
    }
  });

  it('estimates the mean divergence of the uniform distribution from that of the model', async () => {
    const model = tables(2, 1);
    const scores = await scorer(model, 4000).score(groups);
    groups.forEach(({ prompt, responses }, group) =>
      responses.forEach(({ tokens }, at) => {
        const rows = atResponse(model, prompt, tokens);
        const divergences = rows.map((row) => row.reduce((sum, one) => sum - Math.log(V) / V - one / V, 0));
        const exact = divergences.reduce((sum, one) => sum + one, 0) / rows.length;
        // Standard error of the mean: about 1.7 / sqrt(4000 * 3).
        expect(Math.abs(scores[group][at] - exact)).toBeLessThan(0.06);
        expect(exact).toBeGreaterThan(0.3);
      }),
    );
  });

  it('depends on the seed, and shares the draws of a group', async () => {
    const twins = [groupOf('t', ['same', 'same'])];
    const [[a, b]] = await scorer(tables(2, 1), 2).score(twins);
    expect(a).toBe(b);
    expect((await scorer(tables(2, 1), 2, 7).score(twins))[0][0]).not.toBe(a);
  });
});

describe('maskedMean', () => {
  it('is null where nothing is masked', () => {
    expect(maskedMean([1, 2, 4], [0, 1, 1])).toBe(3);
    expect(maskedMean([1], [0])).toBeNull();
  });
});
