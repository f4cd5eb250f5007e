import type { ViewProps } from '../view.ts';

export function Questions({ route }: ViewProps) {
  return <h1>Questions {route.run}</h1>;
}
