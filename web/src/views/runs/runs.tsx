/** The list of runs. */

import { useLoaded } from '../../frame/loaded.ts';
import { Empty, Failure, Loading } from '../../frame/states.tsx';
import { routeTo } from '../../router.ts';
import type { ViewProps } from '../view.ts';

export function Runs({ source }: ViewProps) {
  const { data, error, reload } = useLoaded(() => source.runs(), []);
  if (data === null) return error === null ? <Loading what="the runs" /> : <Failure error={error} retry={reload} />;
  if (data.length === 0) return <Empty title="There are no runs yet.">Start one with `rzero evolve`.</Empty>;
  return (
    <>
      <h1>Runs</h1>
      <ul>
        {data.map(({ id, state }) => (
          <li key={id}>
            <a href={routeTo('loop', id)}>
              <bdi>{id}</bdi>
            </a>{' '}
            {state}
          </li>
        ))}
      </ul>
    </>
  );
}
