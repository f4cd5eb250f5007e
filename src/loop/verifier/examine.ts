/** The first step of `verify`: the entrance test of the Verifier, its audit by the oracle, and its monitors. */

import { auc } from '../../eval/auc.ts';
import { partialResult } from '../../store/partials.ts';
import type { Notice } from '../../types.ts';
import { VERIFIER } from '../../roles.ts';
import type { VotedPool } from '../4-filter.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { after, type StepOutcome } from '../cursor.ts';
import { metricsOf } from '../metrics.ts';
import { ENTRANCE } from '../partials.ts';
import { forgetPhase } from '../training/weights.ts';
import { watchVerifier } from '../watch/monitors.ts';
import { type Entrance, entranceOf } from './entrance.ts';
import { type Examination, freshTrials, TESTED } from './fresh-trials.ts';
import { unusedText } from './verdict-use.ts';
import { verdictMetrics, type WatchedGroup } from './watch-verdicts.ts';

/** Tests the Verifier. One that fails, or that a monitor rolls back, is not used in this iteration. */
export async function examine(
  ctx: RunContext,
  models: Examination,
  place: StepPlace,
  voted: VotedPool,
): Promise<StepOutcome> {
  const { minCaught, minStable } = ctx.config.verifier;
  const { trials, groups } = await freshTrials(ctx, models, place, voted);
  const tested = entranceOf(trials, { kinds: TESTED, minCaught, minStable });
  const metrics = metricsOf('verdicts/', {
    'concordance/consensus': tested.consensus.share,
    'concordance/likelihood': tested.likelihood.share,
    ...verdictMetrics(groups, tested),
    ...aucByTruth(groups),
  });
  const watched = watchVerifier(ctx, place, metrics);
  const entrance = watched.rollback ? rolledBack(tested) : tested;
  const { forget, afterCommit } = watched.rollback ? forgetPhase(ctx, VERIFIER.name, place.iteration) : {};
  return {
    unit: { partials: [partialResult(ENTRANCE, place, entrance)], ...(forget === undefined ? {} : { forget }) },
    metrics: { ...metrics, 'verdicts/passes': Number(entrance.passes) },
    notices: entrance.passes ? watched.notices : [failedNotice(ctx, place, entrance), ...unsaid(watched.notices)],
    // Without a Verifier, there is nothing to judge.
    ...(entrance.passes ? {} : { cursor: after(ctx, { ...place, step: place.steps }) }),
    ...(afterCommit === undefined ? {} : { afterCommit }),
  };
}

function rolledBack(entrance: Entrance): Entrance {
  return { ...entrance, passes: false, failures: [...entrance.failures, 'a monitor set it back'] };
}

/** A Verifier that fails is no fault of the run, so the notice only warns, whatever the monitors do. */
function failedNotice(
  { config }: Pick<RunContext, 'config'>,
  { iteration, stage, step }: StepPlace,
  { failures }: Entrance,
): Notice {
  const message = `Iteration ${iteration}: the Verifier fails its entrance test and is not used: ${unusedText(config)}. The reason: ${failures.join('; ')}.`;
  return { iteration, stage, step, about: 'entrance-test', action: 'warn', value: failures.length, limit: 0, message };
}

/** Leaves out a warning about what the test says anyway. */
function unsaid(notices: readonly Notice[]): Notice[] {
  return notices.filter(({ about, action }) => about !== 'corruptions' || action !== 'warn');
}

/** Returns how well the scores separate right fresh attempts from wrong ones; empty without an oracle. An audit only. */
function aucByTruth(groups: readonly WatchedGroup[]): Record<string, number | null> {
  const areaOf = (scoresOf: (group: WatchedGroup) => readonly number[]): number | null =>
    auc(groups.flatMap((group) => (group.areTrue ?? []).map((isTrue, at) => ({ score: scoresOf(group)[at], isTrue }))));
  return {
    'auc/verifier': areaOf(({ scores }) => scores),
    'auc/majority': areaOf(({ shares }) => shares),
    'auc/consensus': areaOf(({ consensus }) => consensus),
    'auc/likelihood': areaOf(({ likelihood }) => likelihood),
  };
}
