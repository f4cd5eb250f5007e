import type { ViewProps } from '../view.ts';

export function Talk({ route }: ViewProps) {
  return <h1>Talk {route.run}</h1>;
}
