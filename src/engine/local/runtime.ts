/** Imports ONNX Runtime with telemetry disabled. No other file imports the package. */

// This import comes first: the variable must be set before the library loads.
import './telemetry.ts';

import { Tensor } from 'onnxruntime-node';

export * as ort from 'onnxruntime-node';

// The binding aborts the process when a tensor on a device is asked for its data.
const prototype: Pick<Tensor, 'getData' | 'location'> = Tensor.prototype;
const { getData } = prototype;
prototype.getData = function (release?: boolean) {
  if (this.location === 'cpu') return getData.call(this, release);
  return Promise.reject(new Error('a tensor on a device is read back through a session'));
};
