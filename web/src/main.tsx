/** The page's entry. Next: `app.tsx`. */

import { render } from 'preact';
import { App } from './app.tsx';
import { openSource } from './source/open.ts';
import './theme.css';

const root = document.querySelector('#app');
if (root !== null) render(<App source={openSource()} />, root);
