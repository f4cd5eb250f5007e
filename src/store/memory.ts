/** Stores a run in memory, for tests and for library users who keep nothing. Same contract as `sqlite.ts`. */

import type { RunSummary } from '../events.ts';
import { StoreError } from '../errors.ts';
import { storeError } from './failures.ts';
import type { Attempt, Cursor, EvalResult, LabelledQuestion, Metric, Question, RolloutGroup } from '../types.ts';
import { checkRoles, ROLE_NAMES } from './store.ts';
import { type PartialResult, readPartial } from './partials.ts';
import { recordedGroups, type StepInputs, type StepKey } from './steps/step-record.ts';
import type { RunMeta, RunStore, Session, StoreOptions, Unit, WeightsRecord } from './store.ts';

/** Creates a run that exists only in this process. `dir` names the run; weights may still be saved there. */
export function createMemoryRun(dir: string, meta: RunMeta, { roles = ROLE_NAMES }: StoreOptions = {}): RunStore {
  const keptMeta = copy(meta);
  let cursor: Cursor = { iteration: 0, stage: 'baseline', step: 0 };
  let summary: RunSummary | null = null;
  const questions = new Map<string, Question>();
  const attempts = new Map<string, Attempt>();
  const labels = new Map<string, Omit<LabelledQuestion, 'question'> & { questionId: string }>();
  const rollouts = new Map<string, RolloutGroup>();
  const trained = new Map<string, StepInputs>();
  const metrics = new Map<string, Metric>();
  const evaluations = new Map<string, EvalResult>();
  const partials = new Map<string, PartialResult>();
  const weights = new Map<string, WeightsRecord>();
  const sessions: Session[] = [];

  const questionOf = (id: string): Question => {
    const question = questions.get(id);
    if (question === undefined) throw missingQuestion(dir, id);
    return question;
  };

  /** Checks a unit before the first change, so that a rejected unit changes nothing. */
  const checkUnit = (unit: Unit): void => {
    checkRoles(unit, roles);
    const coming = new Set(
      [...(unit.questions ?? []), ...(unit.labels ?? []).map((label) => label.question)].map((q) => q.id),
    );
    for (const { questionId } of unit.attempts ?? []) {
      if (!coming.has(questionId) && !questions.has(questionId)) throw missingQuestion(dir, questionId);
    }
  };

  const apply = (unit: Unit): void => {
    unit.questions?.forEach((q) => questions.set(q.id, q));
    for (const { question, ...label } of unit.labels ?? []) {
      questions.set(question.id, question);
      labels.set(question.id, { ...label, questionId: question.id });
    }
    unit.attempts?.forEach((a) => attempts.set(key(a.questionId, a.index), a));
    unit.rollouts?.forEach((g) => trained.delete(stepKey(g)));
    unit.rollouts?.forEach((g) => rollouts.set(key(g.role, g.iteration, g.step, g.group), g));
    if (unit.trained) trained.set(stepKey(unit.trained), unit.trained);
    unit.metrics?.forEach((m) => metrics.set(key(m.iteration, m.stage, m.step, m.name), m));
    if (unit.evaluation) evaluations.set(key(unit.evaluation.iteration, unit.evaluation.task), unit.evaluation);
    unit.partials?.forEach((p) => partials.set(key(p.iteration, p.stage, p.step), p));
    const { forget } = unit;
    if (forget) {
      for (const [name, w] of weights) {
        if (w.role === forget.role && w.iteration === forget.iteration) weights.delete(name);
      }
    }
    if (unit.weights) weights.set(key(unit.weights.role, unit.weights.iteration, unit.weights.step), unit.weights);
    if (unit.iterations !== undefined) {
      keptMeta.config.iterations = unit.iterations;
      summary = null;
    }
    if (unit.engine !== undefined) keptMeta.config.engine = unit.engine;
    summary = unit.summary ?? summary;
    cursor = unit.cursor;
  };

  const attemptsOf = (iteration: number): Attempt[] =>
    [...attempts.values()]
      .filter((a) => questionOf(a.questionId).iteration === iteration)
      .toSorted((a, b) => byOrder(questionOf(a.questionId), questionOf(b.questionId)) || a.index - b.index);

  const rolloutsOf = ({ role, iteration, step }: Omit<StepKey, 'step'> & { step?: number }): RolloutGroup[] =>
    [...rollouts.values()]
      .filter((g) => g.role === role && g.iteration === iteration && (step === undefined || g.step === step))
      .toSorted((a, b) => a.step - b.step || a.group - b.group);

  return {
    dir,
    meta: () => copy(keptMeta),
    cursor: () => ({ ...cursor }),
    commit: (unit) => {
      checkUnit(unit);
      apply(copy(unit));
    },
    check: () => undefined,
    beginSession: () => {
      const session: Session = {
        number: sessions.length + 1,
        startedAt: new Date().toISOString(),
        endedAt: null,
        end: null,
      };
      sessions.push(session);
      return (end) => void Object.assign(session, { endedAt: new Date().toISOString(), end: copy(end) });
    },
    sessions: () => copy(sessions),
    questions: ({ iteration, origin }) =>
      copy([...questions.values()].filter((q) => q.iteration === iteration && q.origin === origin).toSorted(byOrder)),
    earlierQuestionTexts: (before) =>
      [...questions.values()]
        .filter((q) => q.origin === 'pool' && q.iteration < before && q.text !== '')
        .toSorted((a, b) => a.iteration - b.iteration || byOrder(a, b))
        .map((q) => q.text),
    attempts: ({ iteration }) => copy(attemptsOf(iteration)),
    poolOutcomes: (iteration) =>
      attemptsOf(iteration)
        .filter(({ questionId }) => questionOf(questionId).origin === 'pool')
        .map(({ questionId, vote, stop }) => ({ questionId, vote, stop })),
    labels: (iteration) =>
      copy(
        [...labels.values()]
          .map(({ questionId, ...label }) => ({ question: questionOf(questionId), ...label }))
          .filter(({ question }) => question.iteration === iteration)
          .toSorted((a, b) => byOrder(a.question, b.question)),
      ),
    rollouts: (filter) => copy(rolloutsOf(filter)),
    trainingStep: (at) => {
      const inputs = trained.get(stepKey(at));
      if (inputs === undefined) return null;
      return copy({ ...inputs, groups: recordedGroups(inputs.groups, rolloutsOf(at)) });
    },
    metrics: ({ iteration, stage, name } = {}) =>
      copy(
        [...metrics.values()].filter(
          (m) =>
            (iteration === undefined || m.iteration === iteration) &&
            (stage === undefined || m.stage === stage) &&
            (name === undefined || m.name === name),
        ),
      ),
    evaluations: () =>
      copy([...evaluations.values()].toSorted((a, b) => a.iteration - b.iteration || byText(a.task, b.task))),
    partials: (kind, iteration) =>
      [...partials.values()]
        .filter((p) => p.iteration === iteration && p.stage === kind.name)
        .toSorted((a, b) => a.step - b.step)
        .map((p) => readOrRefuse(dir, () => readPartial(kind, iteration, p))),
    weights: (role, iteration) => {
      const found = [...weights.values()].filter((w) => w.role === role && w.iteration === iteration);
      return copy(found.toSorted((a, b) => b.step - a.step)[0] ?? null);
    },
    allWeights: () =>
      copy(
        [...weights.values()].toSorted(
          (a, b) => a.iteration - b.iteration || byText(a.role, b.role) || a.step - b.step,
        ),
      ),
    summary: () => copy(summary),
    close: () => undefined,
  };
}

function stepKey({ role, iteration, step }: StepKey): string {
  return key(role, iteration, step);
}

function key(...parts: (string | number)[]): string {
  return JSON.stringify(parts);
}

/** Training questions come before pool questions, as in the loop. */
function byOrder(a: Question, b: Question): number {
  return (
    Number(a.origin === 'pool') - Number(b.origin === 'pool') ||
    a.step - b.step ||
    a.index - b.index ||
    byText(a.id, b.id)
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Copies a value deeply, as a database would return it: texts are well-formed Unicode (a lone surrogate becomes
 * U+FFFD).
 */
function copy<T>(value: T): T {
  return wellFormed(structuredClone(value));
}

function wellFormed<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const [name, inner] of Object.entries(value)) {
    const clean: unknown = typeof inner === 'string' ? Buffer.from(inner, 'utf8').toString('utf8') : wellFormed(inner);
    Object.assign(value, { [name]: clean });
  }
  return value;
}

function readOrRefuse<T>(dir: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw storeError(error, dir, 'read the run');
  }
}

function missingQuestion(dir: string, id: string): StoreError {
  return new StoreError(
    `An attempt refers to question ${id}, which the run in ${dir} does not contain.`,
    'Commit the question first.',
  );
}
