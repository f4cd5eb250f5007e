/** Answers the page's questions from the data inside the page, which was written as one file. */

import { queryQuestions, recordOf } from '../../../src/view/questions/query.ts';
import type { Series } from '../../../src/view/curves/types.ts';
import type { EmbeddedRun } from '../../../src/view/embedded/types.ts';
import type { ViewSource } from '../../../src/view/source.ts';

/** Opens the data of a run. */
export function openEmbeddedRun(data: EmbeddedRun): ViewSource {
  const { card, run, curves, questions, pools, heldOut, evaluations, server } = data;
  const series = new Map(data.series.map((one) => [one.name, one]));
  const details = new Map(data.details.map((one) => [one.id, one]));
  const rows = new Set(questions.rows.map(({ id }) => id));
  const records = questions.rows.map((row) => recordOf(row, details.get(row.id)?.fullText ?? row.text));
  const own = async <T>(id: string, value: () => T): Promise<T> => {
    if (id === card.id) return value();
    throw new Error(`This file has the run ${card.id} only.`);
  };
  return {
    server: async () => server,
    runs: async () => [card],
    run: (id) => own(id, () => run),
    curves: (id) => own(id, () => curves),
    series: (id, names) => own(id, () => names.map((name) => series.get(name) ?? emptySeries(name))),
    questions: (id, query) => own(id, () => ({ ...questions, ...queryQuestions(records, query) })),
    question: (id, question) =>
      own(id, () => {
        const detail = details.get(question);
        if (detail !== undefined) return detail;
        if (!rows.has(question)) throw new Error('The run has no question with this id.');
        throw new Error('The attempts at this question did not fit in this file. `rzero serve` shows them.');
      }),
    pools: (id) => own(id, () => pools),
    heldOut: (id) => own(id, () => heldOut),
    evaluations: (id) => own(id, () => evaluations),
    evaluation: (id, name) =>
      own(id, () => {
        if (Object.hasOwn(data.reports, name)) return data.reports[name];
        throw new Error('This file has no evaluation with this name.');
      }),
  };
}

function emptySeries(name: string): Series {
  return { name, iteration: [], stage: [], step: [], value: [], low: [], high: [] };
}
