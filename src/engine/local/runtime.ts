/** Imports ONNX Runtime with telemetry disabled. No other file imports the package. */

// This import comes first: the variable must be set before the library loads.
import './telemetry.ts';

export * as ort from 'onnxruntime-node';
