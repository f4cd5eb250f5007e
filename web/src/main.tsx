/**
 * The page's entry: the page of a server, or of a file with its data. The style sheets of the frame come first, so that
 * those of views can refine them. Next: `app.tsx`.
 */

import './theme.css';
import './frame/frame.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { followTheme } from './frame/theme.ts';
import { routeTo } from './router.ts';
import { openEmbeddedRun } from './source/embedded-run.ts';
import { embeddedData } from './source/embedded.ts';
import { openHttpSource } from './source/http.ts';
import { neverFollow } from './source/live.ts';
import { ReportFile } from './views/evaluation/report/report-file.tsx';

followTheme();
const root = document.querySelector('#app');
if (root !== null) render(pageOf(embeddedData()), root);

function pageOf(data: ReturnType<typeof embeddedData>) {
  if (data === null) return <App source={openHttpSource()} />;
  if (data.kind === 'evaluation') return <ReportFile data={data} />;
  neverFollow();
  if (location.hash === '') location.replace(routeTo('loop', data.card.id));
  return <App source={openEmbeddedRun(data)} />;
}
