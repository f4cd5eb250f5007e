/** Says in words what a probe found: only what differs from a service that does everything as the wire describes it. */

import type { Findings, SamplingFindings, TrainingFindings } from './findings.ts';

/** Returns one sentence about a service. */
export function describeService({ profile, sampling, training }: Findings): string {
  const found = [
    ...(training === null ? [] : ofTraining(training)),
    ...(sampling === null ? [] : ofSampling(sampling)),
  ];
  const gap = training?.gap ?? null;
  const difference = gap === null ? '' : `; sampler and trainer differ by up to ${gap.toPrecision(2)} nats`;
  return `behaves like ${profile}: ${found.length === 0 ? 'nothing unusual' : found.join(', ')}${difference}`;
}

function ofTraining(found: TrainingFindings): string[] {
  const ignored = (['clip', 'betas', 'epsilon', 'weightDecay'] as const).filter((name) => found[name] === false);
  return [
    ...said(found.perToken === 'mean' || found.perSequence === 'mean', 'gradients are means, which is scaled back'),
    ...said(found.signedWeights === false, 'negative weights are wrong, so importance sampling is used'),
    ...said(!found.repeatable, 'two passes differ (dropout)'),
    ...said(found.freshGradient === false, 'gradients of unloaded models stay, so they are cleared'),
    ...said(found.repetition === 'again', 'repeated requests count twice, so none is repeated'),
    ...said(ignored.length > 0, `${ignored.join(', ')} of the optimizer without effect`),
    ...said(found.settingsFixed, 'optimizer settings are fixed by the first step'),
    ...said(found.optimizerRestored === false, 'a loaded state loses its optimizer'),
    ...said(!found.immutableSnapshots, 'published weights change with training'),
    ...said(!found.samplingKeepsTraining, 'sampling older weights changes the trained model'),
    ...said(!found.snapshotsOutliveModel, 'published weights end with their model'),
    ...said(!found.baseBeside, 'the base cannot be sampled next to a trained model'),
    ...said(!found.gradientNorm, 'no gradient norms'),
  ];
}

function ofSampling(found: SamplingFindings): string[] {
  return [
    ...said(!found.base, 'the base is sampled as a new adapter'),
    ...said(!found.seeds, 'no seeds, so the run cannot be repeated exactly'),
    ...said(!found.stopTokens || !found.stopStrings, 'stops are applied here'),
    ...said(!found.topK || !found.topP, 'top-k or top-p without effect'),
    ...said(found.logprobs !== 'raw', `log-probabilities of samples are ${found.logprobs}`),
    ...said(found.promptLogprobs === 'n-1', 'prompts have one log-probability fewer than tokens'),
    ...said(found.promptLogprobs === 'absent', 'no log-probabilities of prompts'),
    ...said(!found.baseChecked, 'any name of a base is accepted'),
  ];
}

function said(holds: boolean, words: string): string[] {
  return holds ? [words] : [];
}
