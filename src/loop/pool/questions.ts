/** Reads questions from the Challenger's completions, and decides which pool questions get votes. */

import { lastBoxed } from '../../answers/read/extract.ts';
import type { ParsedQuestion } from '../../domains/domain.ts';
import type { Completion } from '../../engine/engine.ts';
import type { DropReason, InvalidReason, Question } from '../../types.ts';
import { nearestBleuDistances } from '../../text/bleu.ts';
import type { RunContext } from '../context.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { textOf } from '../sampling.ts';

/** What reading a question uses of a run. */
export type QuestionReader = Pick<RunContext, 'config' | 'domain' | 'executor' | 'tokenizer' | 'maxContext'>;

/** Reads one completion. A question is ill-formed if its prompt and an answer do not fit into the model's context. */
export async function readQuestion(
  ctx: QuestionReader,
  completion: Completion,
  about: Pick<Question, 'iteration' | 'origin' | 'step' | 'index'>,
): Promise<Question> {
  const text = textOf(ctx, completion);
  const parsed = await (ctx.executor ?? ctx.domain).parseQuestion(text);
  const id = `q-${about.iteration}-${about.origin === 'pool' ? 'pool' : `step-${about.step}`}-${about.index}`;
  const excused = about.origin === 'training' && !ctx.config.challenger.answerRequired && lacksOnlyBox(text, parsed);
  return {
    id,
    ...about,
    text: parsed.text,
    claimed: parsed.claimed,
    completion: text,
    invalid: invalidReason(ctx, completion, excused ? { ...parsed, invalid: null } : parsed),
  };
}

/** Returns whether only the box with the answer is missing. An empty box does not count as missing. */
function lacksOnlyBox(completion: string, parsed: ParsedQuestion): boolean {
  return parsed.invalid === 'no-answer' && lastBoxed(completion) !== '';
}

function invalidReason(ctx: QuestionReader, completion: Completion, parsed: ParsedQuestion): InvalidReason | null {
  if (parsed.invalid !== null) return completion.stop === 'length' ? 'truncated' : parsed.invalid;
  const { votes, solver } = ctx.config;
  const room = ctx.maxContext - Math.max(votes.maxTokens, solver.maxTokens);
  if (encodePrompt(ctx, ctx.domain.solverMessages(parsed.text)).length > room) return 'ill-formed';
  return isRefused(ctx, parsed.text) ? 'ill-posed' : null;
}

/** Returns whether the run refuses a question because the domain's grammar cannot read it. */
function isRefused({ config, domain }: Pick<QuestionReader, 'config' | 'domain'>, text: string): boolean {
  return config.illPosed === 'refuse' && domain.isWellPosed?.(text) === false;
}

/** Normalizes case and white space, for comparing texts. */
export function sameText(text: string): string {
  return text.trim().replace(/\s+/g, ' ').toLowerCase();
}

/** A pool question, and whether it gets votes. */
export interface Admission {
  question: Question;
  /** Null: the question gets votes. */
  dropped: Extract<DropReason, 'invalid' | 'held-out' | 'duplicate' | 'near-earlier'> | null;
}

/** Marks questions that get no votes: invalid ones, test questions, duplicates, and those similar to earlier ones. */
export function admit(
  questions: readonly Question[],
  known: { isHeldOut: (text: string) => boolean; earlier: readonly string[]; near?: ReadonlySet<string> },
): Admission[] {
  const seen = new Set(known.earlier.map(sameText));
  return questions.map((question) => {
    const key = sameText(question.text);
    if (question.invalid !== null) return { question, dropped: 'invalid' };
    if (known.isHeldOut(question.text)) return { question, dropped: 'held-out' };
    if (seen.has(key)) return { question, dropped: 'duplicate' };
    if (known.near?.has(question.id)) return { question, dropped: 'near-earlier' };
    seen.add(key);
    return { question, dropped: null };
  });
}

/** What admission to the pool uses of a run. */
export type PoolContext = Pick<RunContext, 'config' | 'domain' | 'store'>;

/** Applies `admit` to an iteration's pool, by the config. Stage 2 calls it; stages 3 and 4 receive the result. */
export function admitPool(ctx: PoolContext, iteration: number, pool: readonly Question[]): Admission[] {
  const test = ctx.domain.heldOut ?? ctx.domain.heldOutTasks;
  const isHeldOut = (text: string): boolean => test?.includes(text) ?? false;
  const near = ctx.config.memory.drop ? nearEarlier(ctx, iteration, pool) : new Set<string>();
  if (ctx.config.pool.dropDuplicates)
    return admit(pool, { isHeldOut, near, earlier: ctx.store.earlierQuestionTexts(iteration) });
  return pool.map((question) => admit([question], { isHeldOut, near, earlier: [] })[0]);
}

/** Returns the ids of valid questions whose BLEU distance to a question of an earlier pool is below `memory.threshold`. */
function nearEarlier(ctx: PoolContext, iteration: number, pool: readonly Question[]): Set<string> {
  const valid = pool.filter((question) => question.invalid === null);
  const distances = nearestBleuDistances(
    valid.map(({ text }) => text),
    ctx.store.earlierQuestionTexts(iteration),
  );
  return new Set(valid.filter((_, at) => distances[at] < ctx.config.memory.threshold).map(({ id }) => id));
}
