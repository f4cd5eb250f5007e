import type { ViewProps } from '../view.ts';

export function Curves({ route }: ViewProps) {
  return <h1>Curves {route.run}</h1>;
}
