/** How training data are written: protobuf, unless the service turns out not to read it. */

import { readForwardBackwardOutputJson, forwardBackwardJson } from '../../../../wire/json/training.ts';
import { parseJson } from '../../../../wire/json/parse.ts';
import type { ForwardBackward, ForwardBackwardOutput } from '../../../../wire/messages.ts';
import { decodeForwardBackwardOutput, encodeForwardBackward } from '../../../../wire/protobuf/training.ts';
import type { Body } from '../exchange/caller.ts';
import type { Judgement } from '../exchange/classify.ts';
import { isProtobuf, PROTOBUF } from '../exchange/futures.ts';
import type { HttpAnswer } from '../exchange/http.ts';

/** A training request in one of the two encodings. */
export interface Written {
  path: string;
  body: () => Body;
}

/** An answer that a proxy may have given has to come twice. */
const DOUBTS = 2;

export class TrainingCodec {
  #format: 'undecided' | 'protobuf' | 'json' = 'undecided';
  #doubts = 0;

  /** The encoding that is used; `undecided` until the service has accepted one. */
  get format(): 'undecided' | 'protobuf' | 'json' {
    return this.#format;
  }

  write(request: ForwardBackward): Written {
    if (this.#format === 'json') return json(request);
    const content = encodeForwardBackward(request);
    return { path: '/api/v1/forward_backward', body: () => ({ type: PROTOBUF, content }) };
  }

  /**
   * The service answered a protobuf request with an error. Returns the same request as JSON if it may be that it does
   * not read protobuf; null if it has read protobuf before, or the error means something else.
   */
  instead(request: ForwardBackward, { status, is }: Judgement): Written | null {
    if (this.#format !== 'undecided') return null;
    if (status !== 400 && status !== 415 && status !== 422 && status !== 500) return null;
    this.#doubts += is === 'refused' ? DOUBTS : 1;
    return json(request);
  }

  /** The service accepted a request. */
  accepted(type: Body['type']): void {
    if (this.#format !== 'undecided') return;
    if (type === PROTOBUF) this.#format = 'protobuf';
    else if (this.#doubts >= DOUBTS) this.#format = 'json';
  }

  /** Reads a result. Throws WireFormatError. */
  read(answer: HttpAnswer): ForwardBackwardOutput {
    if (isProtobuf(answer)) return decodeForwardBackwardOutput(answer.body);
    return readForwardBackwardOutputJson(parseJson(answer.body));
  }
}

function json(request: ForwardBackward): Written {
  const content = forwardBackwardJson(request);
  const path = request.forwardOnly ? '/api/v1/forward' : '/api/v1/forward_backward';
  return { path, body: () => ({ type: 'application/json', content }) };
}
