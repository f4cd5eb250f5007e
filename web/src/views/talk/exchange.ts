/** What models were asked and what they have said so far. Pure: `applyEvent` makes the next state. */

import type { TalkEvent, TalkReading, TalkRequest, TalkVote } from '../../../../src/view/talk/types.ts';

export interface Sample {
  text: string;
  /** Null while it is drawn. */
  end: ({ tokens: number; stop: 'stop' | 'length' } & TalkReading) | null;
}

/** The answers of one model. */
export interface Column {
  model: string;
  state: 'waiting' | 'open' | 'failed';
  /** Why it cannot be asked. */
  message: string | null;
  /** The oracle's answer to the question. */
  truth: string | null;
  samples: Sample[];
  /** Null until all samples have ended. */
  votes: TalkVote[] | null;
  unanswered: number;
}

export interface Exchange {
  id: number;
  request: TalkRequest;
  columns: Column[];
  state: 'running' | 'done' | 'stopped' | 'failed';
  /** Why it failed. */
  problem: string | null;
  /** The seed that was used; null until it is known. */
  seed: number | null;
}

/** Makes an exchange that has just begun. */
export function newExchange(id: number, request: TalkRequest): Exchange {
  const columns = request.models.map((model): Column => ({
    model,
    state: 'waiting',
    message: null,
    truth: null,
    samples: Array.from({ length: request.samples }, () => ({ text: '', end: null })),
    votes: null,
    unanswered: 0,
  }));
  return { id, request, columns, state: 'running', problem: null, seed: request.seed };
}

/** Returns the exchange after an event. */
export function applyEvent(exchange: Exchange, event: TalkEvent): Exchange {
  if (event.kind === 'done') return { ...exchange, state: 'done', seed: event.seed };
  const columns = exchange.columns.map((column, at) => (at === event.at ? changed(column, event) : column));
  return { ...exchange, columns };
}

function changed(column: Column, event: Exclude<TalkEvent, { kind: 'done' }>): Column {
  switch (event.kind) {
    case 'open':
      return { ...column, state: 'open', truth: event.truth };
    case 'failed':
      return { ...column, state: 'failed', message: event.message };
    case 'votes':
      return { ...column, votes: event.votes, unanswered: event.unanswered };
    case 'text':
      return withSample(column, event.sample, (sample) => ({ ...sample, text: sample.text + event.text }));
    case 'end': {
      const { kind: _kind, at: _at, sample: _sample, ...end } = event;
      return withSample(column, event.sample, (sample) => ({ ...sample, end }));
    }
  }
}

function withSample(column: Column, index: number, change: (sample: Sample) => Sample): Column {
  return { ...column, samples: column.samples.map((sample, at) => (at === index ? change(sample) : sample)) };
}

/** Returns the numbers of ended and of all answers. */
export function progressOf({ columns }: Exchange): { done: number; total: number } {
  const samples = columns.filter(({ state }) => state !== 'failed').flatMap((column) => column.samples);
  return { done: samples.filter(({ end }) => end !== null).length, total: samples.length };
}
