/**
 * Talk: the same question to the base and any iterations, side by side, streamed, with the distribution of the votes;
 * also the Challenger. It needs a server that runs models: `rzero serve`. Next: `session.ts`, `column.tsx`.
 */

import { Command, Empty, Failure, Loading } from '../../frame/states.tsx';
import { useLoaded } from '../../frame/loaded.ts';
import { LongText } from '../../text/text.tsx';
import type { TalkModel } from '../../../../src/view/talk/types.ts';
import type { ViewProps } from '../view.ts';
import { talkModels } from './ask.ts';
import { modelsFor, titleOf } from './choices.ts';
import { ModelColumn } from './column.tsx';
import { type Exchange, progressOf } from './exchange.ts';
import { AskForm } from './form.tsx';
import { begin, historyOf, stop } from './session.ts';
import './talk.css';

export function Talk({ source, route }: ViewProps) {
  const { data, error, reload } = useLoaded(
    async () => ((await source.server()).talk ? { models: await talkModels() } : { models: null }),
    [route.run],
  );
  return (
    <>
      <h1>Talk</h1>
      {data === null && error === null && <Loading what="the models" />}
      {error !== null && data === null && <Failure error={error} retry={reload} />}
      {data !== null && data.models === null && (
        <Empty title="No model can be asked here.">
          <p>This page shows results only. A server that runs the models answers questions:</p>
          <Command>rzero serve</Command>
        </Empty>
      )}
      {data !== null && data.models !== null && <Conversation run={route.run ?? ''} models={data.models} />}
    </>
  );
}

function Conversation({ run, models }: { run: string; models: readonly TalkModel[] }) {
  const history = historyOf(run).value;
  const current = history.find(({ state }) => state === 'running') ?? null;
  if (modelsFor(models, run, 'solver').length === 0) {
    return (
      <Empty title="This run has no model on this machine.">
        <p>Its weights were removed, or a service has them.</p>
      </Empty>
    );
  }
  return (
    <>
      <AskForm
        run={run}
        models={models}
        previous={history.find(({ request }) => request.question !== '')?.request.question ?? null}
        isRunning={current !== null}
        onAsk={(request) => void begin(run, request)}
        onStop={() => current !== null && stop(current.id)}
      />
      <p class="talk-status" role="status">
        {current === null ? '' : statusOf(current)}
      </p>
      {history.map((exchange) => (
        <ExchangeView key={exchange.id} exchange={exchange} models={models} />
      ))}
    </>
  );
}

function statusOf(exchange: Exchange): string {
  const { done, total } = progressOf(exchange);
  return `${done} of ${total} answers`;
}

function ExchangeView({ exchange, models }: { exchange: Exchange; models: readonly TalkModel[] }) {
  const { request, columns, state, problem, seed } = exchange;
  const answers = request.role === 'solver';
  const truth = columns.find((column) => column.truth !== null)?.truth ?? null;
  const title = (id: string): string => {
    const model = models.find((one) => one.id === id);
    return model === undefined ? id : titleOf(model);
  };
  return (
    <article class="talk-exchange" aria-label={answers ? 'Question and answers' : 'Posed questions'}>
      <header>
        {answers ? <LongText text={request.question} /> : <p class="talk-posed">The Challenger poses questions.</p>}
        <p class="talk-note">
          {truth !== null && (
            <>
              true answer <bdi>{truth.slice(0, 200)}</bdi> ·{' '}
            </>
          )}
          {request.samples} each
          {request.temperature !== null && ` · temperature ${request.temperature}`}
          {seed !== null && ` · seed ${seed}`}
          {state === 'stopped' && ' · stopped'}
        </p>
        {state === 'failed' && (
          <p class="talk-problem" role="alert">
            <bdi>{problem}</bdi>
          </p>
        )}
      </header>
      <div class="talk-columns">
        {columns.map((column) => (
          <ModelColumn key={column.model} column={column} title={title(column.model)} answers={answers} />
        ))}
      </div>
    </article>
  );
}
