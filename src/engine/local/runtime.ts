/** ONNX Runtime without its telemetry. No other file imports the package. */

// First: the variable must be set before the library loads.
import './telemetry.ts';

export * as ort from 'onnxruntime-node';
