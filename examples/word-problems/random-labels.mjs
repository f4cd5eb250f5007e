// @ts-check
/**
 * A control: the same domain, but the Solver is rewarded for the label of another question of the step. What still
 * improves did not come from the labels.
 *
 *   npx rzero evolve --config config.toml --domain ./random-labels.mjs --model FOLDER
 */

import domain from './word-problems.mjs';

export default { ...domain, name: 'word-problems-random-labels' };

export const rewards = {
  /** @param {Parameters<import('rzero/rewards').SolverReward>[0]} batch */
  solver: ({ items }) => {
    const labels = new Map(items.map(({ group, label }) => [group, label]));
    const groups = [...labels.keys()];
    // Every group gets the label of the next one, so that labels are as frequent as the true ones.
    const wrong = new Map(groups.map((group, at) => [group, labels.get(groups[(at + 1) % groups.length])]));
    return items.map(({ group, answer, correct }) => ({
      reward: answer !== null && answer === wrong.get(group) ? 1 : 0,
      parts: { correct: correct ? 1 : 0 },
    }));
  },
};
