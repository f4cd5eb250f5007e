/** How well the scores of a scorer order responses as their hidden quality does. Pure. */

/**
 * Returns the share of pairs of a group's responses that differ in quality and that the scores order alike; equal scores
 * count one half. Over all groups, each pair counts once; null if no pair differs in quality.
 * @param scores groups by responses, @param qualities the same
 */
export function pairsRight(
  scores: readonly (readonly number[])[],
  qualities: readonly (readonly number[])[],
): number | null {
  let right = 0;
  let pairs = 0;
  for (const [group, quality_G] of qualities.entries()) {
    for (let a = 0; a < quality_G.length; a++) {
      for (let b = 0; b < a; b++) {
        const better = Math.sign(quality_G[a] - quality_G[b]);
        if (better === 0) continue;
        const scored = Math.sign(scores[group][a] - scores[group][b]);
        right += scored === 0 ? 0.5 : Number(scored === better);
        pairs++;
      }
    }
  }
  return pairs === 0 ? null : right / pairs;
}

/**
 * Returns the mean quality of the response with the highest score of each group, the first one if several have it: what
 * choosing the best of a group by the scorer gives. Null without groups.
 */
export function bestOfGroup(
  scores: readonly (readonly number[])[],
  qualities: readonly (readonly number[])[],
): number | null {
  const filled = qualities.flatMap((quality_G, group) => {
    const best = scores[group].reduce((top, score, at) => (score > scores[group][top] ? at : top), 0);
    return quality_G.length === 0 ? [] : [quality_G[best]];
  });
  return filled.length === 0 ? null : filled.reduce((sum, one) => sum + one, 0) / filled.length;
}
