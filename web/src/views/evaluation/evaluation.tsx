import type { ViewProps } from '../view.ts';

export function Evaluation({ route }: ViewProps) {
  return <h1>Evaluation {route.run}</h1>;
}
