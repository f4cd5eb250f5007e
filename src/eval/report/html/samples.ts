/**
 * Renders the samples of a report, readable without a script. `script.ts` adds filters, search and pages, using the
 * attributes `data-task` and `data-verdicts`.
 */

import type { ChatMessage } from '../../../types.ts';
import type { CompletionReport, EvalReport, SampleReport, SampleVerdict, TaskReport } from '../report.ts';
import { chooseSamples, type SampleLimits } from './choose.ts';
import { html, lines, type Html } from './template.ts';
import { count, plural } from '../../../text/numbers.ts';

const VERDICTS: Record<SampleVerdict, { mark: string; word: string }> = {
  right: { mark: '✓', word: 'right' },
  wrong: { mark: '✗', word: 'wrong' },
  undecided: { mark: '?', word: 'undecided' },
  unparsable: { mark: '∅', word: 'no answer' },
};

/** Renders the browser of samples: controls (shown by the script) and one section per task. */
export function sampleBrowser(report: EvalReport, limits: SampleLimits): Html {
  const sections = report.tasks.map((task, at) => taskSection(task, at, limits));
  return html`${controls(report)}
    <div id="samples">${lines(sections)}</div>
    <p id="nothing" hidden>No sample matches. <button type="button" id="reset">Show all</button></p>
    <nav class="pages" id="pages" aria-label="Pages" hidden>
      <button type="button" id="previous">← Previous</button>
      <span id="page"></span>
      <button type="button" id="next">Next →</button>
    </nav>`;
}

function controls({ tasks }: EvalReport): Html {
  const options = tasks.map(({ title }, at) => html`<option value="${at}">${title}</option>`);
  const verdicts = ['all', 'right', 'wrong', 'undecided'].map(
    (verdict) =>
      html`<label>
        <input type="radio" name="verdict" value="${verdict}" ${verdict === 'all' ? 'checked' : ''} />
        <span>${verdict}</span>
      </label>`,
  );
  return html`<form id="controls" class="controls" hidden>
    <label class="field">
      Task
      <select id="task">
        <option value="all">all tasks</option>
        ${options}
      </select>
    </label>
    <fieldset class="choice">
      <legend>Replies</legend>
      ${verdicts}
    </fieldset>
    <label class="field search">
      Search
      <input
        id="query"
        type="search"
        placeholder="question, reply, answer, id"
        autocomplete="off"
        spellcheck="false"
        aria-keyshortcuts="/"
      />
    </label>
    <output id="found" for="task query" aria-live="polite"></output>
  </form>`;
}

function taskSection(task: TaskReport, at: number, limits: SampleLimits): Html {
  const shown = chooseSamples(task.samples, limits);
  const items = shown.map((sample, i) => sampleItem(sample, `s-${at}-${i}`, at, limits));
  return html`<section class="task" data-task="${at}" aria-labelledby="task-${at}">
    <h3 id="task-${at}" dir="auto">${task.title}</h3>
    ${choiceNote(task, shown)} ${lines(items)}
  </section>`;
}

function choiceNote(task: TaskReport, shown: readonly SampleReport[]): Html {
  if (shown.length === 0) return html`<p class="note">No samples are kept in this report.</p>`;
  if (shown.length === task.n) return html`<p class="note">All ${plural(task.n, 'question')}.</p>`;
  return html`<p class="note">
    This page shows ${count(shown.length)} of ${plural(task.n, 'question')}: if available, equally many that went right,
    went wrong and are undecided, evenly spread. Their shares here are not the scores.
  </p>`;
}

function sampleItem(sample: SampleReport, id: string, task: number, limits: SampleLimits): Html {
  const verdicts = [...new Set(sample.completions.map(({ verdict }) => filterOf(verdict)))].join(' ');
  const left = sample.replies - sample.completions.length;
  const cut = (text: string): Html => longText(text, limits.characters);
  return html`<details class="sample" id="${id}" data-task="${task}" data-verdicts="${verdicts}">
    <summary>
      <span class="tally">${tallyOf(sample.completions)}</span>
      <span class="gist" dir="auto">${oneLine(sample.question)}</span>
      <span class="id" dir="auto">${oneLine(sample.id, 60)}</span>
    </summary>
    <div class="open">
      <h4>Question</h4>
      <div class="text" dir="auto">${cut(sample.question)}</div>
      <h4>Reference</h4>
      <div class="text" dir="auto">${cut(sample.reference)}</div>
      ${lines(sample.completions.map((completion) => completionItem(completion, limits)))}
      ${left > 0 ? html`<p class="note">${plural(left, 'more reply', 'more replies')} to this question ${left === 1 ? 'is' : 'are'} not on this page.</p>` : ''}
      <details class="prompt">
        <summary>Prompt</summary>
        ${sample.prompt.map((message) => promptPart(message, limits))}
      </details>
    </div>
  </details>`;
}

/** Maps a verdict to one of three for the filters: a missing answer is wrong. */
function filterOf(verdict: SampleVerdict): 'right' | 'wrong' | 'undecided' {
  return verdict === 'unparsable' ? 'wrong' : verdict;
}

/** Renders one mark, or counts if there are several replies. */
function tallyOf(completions: readonly CompletionReport[]): Html[] {
  const verdicts: SampleVerdict[] = ['right', 'wrong', 'undecided', 'unparsable'];
  return verdicts
    .map((verdict) => ({ verdict, times: completions.filter((one) => one.verdict === verdict).length }))
    .filter(({ times }) => times > 0)
    .map(({ verdict, times }) => badge(verdict, completions.length === 1 ? VERDICTS[verdict].word : String(times)));
}

function badge(verdict: SampleVerdict, words: string): Html {
  const { mark, word } = VERDICTS[verdict];
  const spoken = words === word ? '' : html`<span class="spoken"> ${word}</span>`;
  return html`<span class="badge ${verdict}"><span aria-hidden="true">${mark}</span> ${words}${spoken}</span>`;
}

function completionItem(completion: CompletionReport, limits: SampleLimits): Html {
  const { verdict, answer, mode, tokens, reason, judged } = completion;
  const found =
    answer === null
      ? 'no answer found'
      : html`answer <bdi class="answer">${longText(answer, Math.min(500, limits.characters))}</bdi>`;
  const second = judged === null ? '' : ` · judge: ${judged}`;
  return html`<article class="reply ${verdict}">
    <header>
      ${badge(verdict, VERDICTS[verdict].word)}
      <span>${found}</span>
      <span class="why">${oneLine(reason, 300)}${second}</span>
      <span class="cost">${mode} · ${plural(tokens, 'token')}</span>
    </header>
    <div class="text" dir="auto">${longText(completion.text, limits.characters)}</div>
  </article>`;
}

function promptPart({ role, content }: ChatMessage, limits: SampleLimits): Html {
  return html`<h4>${role}</h4>
    <div class="text" dir="auto">${longText(content, limits.characters)}</div>`;
}

/** Cuts a long text in the middle, because the final answer is at the end. */
function longText(text: string, limit: number): Html {
  if (text.length <= limit) return text === '' ? html`<em>empty</em>` : html`${text}`;
  const head = Math.floor(limit / 2);
  const note = html`<span class="left-out">… ${count(text.length - limit)} characters left out …</span>`;
  return html`${text.slice(0, head)}${note}${text.slice(text.length - (limit - head))}`;
}

function oneLine(text: string, limit = 160): string {
  const line = text
    .slice(0, limit * 2)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}
