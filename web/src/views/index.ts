/** The views by name. */

import type { ComponentType } from 'preact';
import type { ViewName } from '../router.ts';
import { Curves } from './curves/curves.tsx';
import { Evaluation } from './evaluation/evaluation.tsx';
import { Loop } from './loop/loop.tsx';
import { Questions } from './questions/questions.tsx';
import { Runs } from './runs/runs.tsx';
import { Talk } from './talk/talk.tsx';
import type { ViewProps } from './view.ts';

const VIEWS: Readonly<Record<ViewName, ComponentType<ViewProps>>> = {
  runs: Runs,
  loop: Loop,
  curves: Curves,
  questions: Questions,
  evaluation: Evaluation,
  talk: Talk,
};

/** Returns the component that draws a view. */
export function viewOf(name: ViewName): ComponentType<ViewProps> {
  return VIEWS[name];
}
