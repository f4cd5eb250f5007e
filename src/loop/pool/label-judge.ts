/**
 * Audits labels with an LLM judge. After the filter, the judge reviews a seeded sample of the kept labels, and the run
 * stores its verdicts. The verdicts change nothing, and a failing judge does not stop the run.
 */

import { messageOf } from '../../errors.ts';
import { type JudgedLabel, type JudgeReport, judgeLabels, type LabelToJudge } from '../../eval/judges/judge-label.ts';
import { deriveSeed, Random } from '../../random.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import type { LabelledQuestion } from '../../types.ts';
import type { CallContext, JudgeSource, RunContext } from '../context.ts';
import type { StepOutcome } from '../cursor.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { JUDGE_REPORT } from '../partials.ts';

/** Judges a sample of the curriculum's labels. This is one step of the filter stage. Throws when the run is stopped. */
export async function judgeSample(
  ctx: CallContext & Pick<RunContext, 'config'>,
  source: JudgeSource,
  iteration: number,
  curriculum: readonly LabelledQuestion[],
): Promise<StepOutcome> {
  const { seed, audit } = ctx.config;
  const drawn = new Random(deriveSeed(seed, iteration, 'judge')).shuffle(curriculum).slice(0, audit.judge.questions);
  const labels = drawn.flatMap(({ question, tally }): LabelToJudge[] =>
    tally.label === null ? [] : [{ id: question.id, question: question.text, label: tally.label }],
  );
  const settings = { maxTokens: audit.judge.maxTokens, seed };
  const report = await ask(source, labels, settings, ctx.stop);
  if (report.failure !== null) {
    ctx.emit({
      type: 'warning',
      message: `The judge failed after ${report.judged.length} of ${labels.length} labels. ${report.failure}`,
    });
  }
  return {
    unit: { partials: [partialResult(JUDGE_REPORT, { iteration, step: 0 }, report)] },
    metrics: judgeMetrics(report, drawn),
  };
}

async function ask(
  source: JudgeSource,
  labels: readonly LabelToJudge[],
  settings: { maxTokens: number; seed: number },
  stop: AbortSignal,
): Promise<JudgeReport> {
  if (labels.length === 0) return { judged: [], failed: 0, failure: null };
  try {
    const { judge, close } = await source(stop);
    try {
      return await judgeLabels(judge, labels, settings, stop);
    } finally {
      await close();
    }
  } catch (error) {
    stop.throwIfAborted();
    return { judged: [], failed: labels.length, failure: messageOf(error) };
  }
}

/** Returns the judge's report of an iteration; null without a judge. */
export function judgeReport(store: Pick<RunStore, 'partials'>, iteration: number): JudgeReport | null {
  return store.partials(JUDGE_REPORT, iteration)[0]?.value ?? null;
}

/**
 * Returns the counts of verdicts, `labels_right` (correct ones of all verdicts) and `label_accuracy` (of the decided
 * ones). Labels without a reply (`failed`) count in neither. If the domain has an oracle, `oracle_agreement` is the
 * share of decided verdicts on well-posed questions that match it.
 */
function judgeMetrics(report: JudgeReport, drawn: readonly LabelledQuestion[]): Record<string, number> {
  const { judged, failed } = report;
  const count = (verdict: JudgedLabel['verdict']): number => judged.filter((one) => one.verdict === verdict).length;
  const truths = new Map(drawn.map(({ question, labelCorrect }) => [question.id, labelCorrect]));
  const decided = judged.filter(({ verdict }) => verdict !== 'undecided');
  const calibration = decided.flatMap(({ id, verdict }) => {
    const right = truths.get(id) ?? null;
    return right === null ? [] : [right === (verdict === 'correct') ? 1 : 0];
  });
  return metricsOf('audit/judge/', {
    labels_right: meanOf(judged.map(({ verdict }) => (verdict === 'correct' ? 1 : 0))),
    label_accuracy: meanOf(decided.map(({ verdict }) => (verdict === 'correct' ? 1 : 0))),
    correct: count('correct'),
    incorrect: count('incorrect'),
    undecided: count('undecided'),
    failed,
    oracle_agreement: meanOf(calibration),
  });
}
