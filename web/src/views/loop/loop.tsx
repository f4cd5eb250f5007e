import type { ViewProps } from '../view.ts';

export function Loop({ route }: ViewProps) {
  return <h1>Loop {route.run}</h1>;
}
