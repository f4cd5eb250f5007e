/**
 * The page's entry: the page of a server, or of a file with its data. The style sheets of the frame come first, so that
 * those of views can refine them. Next: `app.tsx`.
 */

import './theme.css';
import './frame/frame.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { followTheme } from './frame/theme.ts';
import { embeddedData } from './source/embedded.ts';
import { openSource } from './source/open.ts';
import { ReportFile } from './views/evaluation/report/report-file.tsx';

followTheme();
const root = document.querySelector('#app');
const data = embeddedData();
if (root !== null) render(data === null ? <App source={openSource()} /> : <ReportFile data={data} />, root);
