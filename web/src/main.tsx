/** The page's entry. The style sheets of the frame come first, so that those of views can refine them. Next: `app.tsx`. */

import './theme.css';
import './frame/frame.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { followTheme } from './frame/theme.ts';
import { openSource } from './source/open.ts';

followTheme();
const root = document.querySelector('#app');
if (root !== null) render(<App source={openSource()} />, root);
