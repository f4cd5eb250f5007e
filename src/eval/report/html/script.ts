/**
 * The script of the page: filters, search and pages over the samples of the page. It writes no HTML and reads only the
 * page's text, so that no text of a model can be executed.
 */

export const SCRIPT = `
(() => {
  'use strict';
  const PAGE = 25;
  const byId = (id) => document.getElementById(id);
  const samples = [...document.querySelectorAll('details.sample')];
  const sections = [...document.querySelectorAll('section.task')];
  const controls = byId('controls');
  if (samples.length === 0) return;
  const texts = new Map();
  let matches = samples;
  let page = 0;

  const textOf = (sample) => {
    if (!texts.has(sample)) texts.set(sample, sample.textContent.toLowerCase());
    return texts.get(sample);
  };

  const verdict = () => controls.elements.verdict.value;

  function find() {
    const task = byId('task').value;
    const wanted = verdict();
    const words = byId('query').value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
    matches = samples.filter((sample) =>
      (task === 'all' || sample.dataset.task === task) &&
      (wanted === 'all' || sample.dataset.verdicts.split(' ').includes(wanted)) &&
      words.every((word) => textOf(sample).includes(word)));
    page = 0;
    show();
  }

  function show() {
    const first = page * PAGE;
    const visible = new Set(matches.slice(first, first + PAGE));
    for (const sample of samples) sample.hidden = !visible.has(sample);
    const task = byId('task').value;
    const quiet = matches.length === samples.length || (verdict() === 'all' && byId('query').value === '');
    for (const section of sections) {
      const own = section.querySelector('details.sample') === null;
      const some = [...section.children].some((child) => visible.has(child));
      // The note of a task without samples is shown only if no filter is active.
      section.hidden = !(some || (own && quiet && (task === 'all' ? page === 0 : task === section.dataset.task)));
    }
    const last = Math.min(matches.length, first + PAGE);
    byId('found').textContent = matches.length === 0
      ? 'No sample matches'
      : 'Samples ' + (first + 1) + ' to ' + last + ' of ' + matches.length
        + (matches.length === samples.length ? '' : ' that match, ' + samples.length + ' in all');
    const pages = Math.ceil(matches.length / PAGE);
    byId('nothing').hidden = matches.length > 0;
    byId('pages').hidden = pages <= 1;
    byId('page').textContent = 'Page ' + (page + 1) + ' of ' + pages;
    byId('previous').disabled = page === 0;
    byId('next').disabled = page >= pages - 1;
  }

  function turn(by) {
    page += by;
    show();
    byId('samples-head').scrollIntoView();
    const first = matches[page * PAGE];
    if (first) first.querySelector('summary').focus({ preventScroll: true });
  }

  /** A link such as #s-0-12 opens its sample, on any page. */
  function follow() {
    const sample = samples.find(({ id }) => '#' + id === location.hash);
    if (!sample) return;
    if (!matches.includes(sample)) reset();
    page = Math.floor(matches.indexOf(sample) / PAGE);
    show();
    sample.open = true;
    sample.scrollIntoView();
  }

  function reset() {
    controls.reset();
    find();
  }

  let waiting = 0;
  byId('query').addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 150);
  });
  controls.addEventListener('change', find);
  controls.addEventListener('submit', (event) => {
    event.preventDefault();
    find();
  });
  byId('reset').addEventListener('click', () => {
    reset();
    byId('query').focus();
  });
  byId('previous').addEventListener('click', () => turn(-1));
  byId('next').addEventListener('click', () => turn(1));
  addEventListener('hashchange', follow);
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== 'radio') return;
    event.preventDefault();
    byId('query').focus();
  });
  controls.hidden = false;
  find();
  follow();
})();
`;
