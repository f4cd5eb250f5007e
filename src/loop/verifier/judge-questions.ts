/** Lets the Verifier judge the votes on questions: it scores every attempt, and the votes are counted with its weights. */

import type { Ctl, Sampler } from '../../engine/engine.ts';
import type { RunContext } from '../context.ts';
import { meanOf } from '../metrics.ts';
import type { QuestionVerdicts } from '../partials.ts';
import { tallyAttempts } from '../pool/tally.ts';
import { countedAttempt } from '../pool/voting.ts';
import { askVerdicts } from './ask-verdicts.ts';
import { acceptsLabel, voteWeights } from './verdict-use.ts';
import { askedWords, type VotedQuestion } from './voted-questions.ts';

/** Judges all attempts at the questions, in order. */
export async function judgeQuestions(
  ctx: RunContext,
  verifier: Sampler,
  questions: readonly VotedQuestion[],
  { seed, ctl }: { seed: number; ctl: Ctl },
): Promise<QuestionVerdicts[]> {
  const asked = questions.flatMap((question) =>
    question.attempts.map((one) => ({ question: askedWords(question, one), attempt: one.completion })),
  );
  const all = await askVerdicts(ctx, verifier, asked, { seed, ctl });
  const found: QuestionVerdicts[] = [];
  let first = 0;
  for (const question of questions) {
    found.push(await verdictsOn(ctx, question, all.slice(first, (first += question.attempts.length))));
  }
  return found;
}

async function verdictsOn(
  { config, grader }: Pick<RunContext, 'config' | 'grader'>,
  { id, attempts }: VotedQuestion,
  scores: number[],
): Promise<QuestionVerdicts> {
  const weights = config.votes.weights === 'verifier' ? voteWeights(scores) : scores.map(() => 1);
  const counted = attempts.map((one, at) => ({ ...countedAttempt(one), weight: weights[at] }));
  const tally = await tallyAttempts(grader, counted, config.votes);
  const isLabel = tally.label === null ? null : grader.comparerTo(tally.label);
  const ofLabel: number[] = [];
  for (const [at, { vote }] of attempts.entries()) if (await isLabel?.(vote)) ofLabel.push(scores[at]);
  return { id, scores, tally, accepted: acceptsLabel(ofLabel), support: meanOf(ofLabel) ?? 0 };
}
