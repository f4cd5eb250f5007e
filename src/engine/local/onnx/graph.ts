/**
 * Builds an ONNX model in memory: inputs, constants, nodes, outputs. Gradients are in `../graph/`, the
 * language model is in `../decoder.ts`.
 */

import { ProtobufWriter } from './protobuf.ts';
import { refuseUnproven, type Target } from './targets.ts';

/** Name of a tensor in the graph. */
export type Value = string & { readonly value: unique symbol };

export type ElementType = 'float' | 'float16' | 'int32' | 'int64' | 'bool';
/** Half precision is for weights only. */
export type ConstantType = Exclude<ElementType, 'float16'>;
/** TensorProto.DataType */
export const ELEMENT_CODE: Record<ElementType, number> = { float: 1, float16: 10, int32: 6, int64: 7, bool: 9 };

/** A symbolic dimension is a name. */
export type Dimension = number | string;
export type Attribute = number | string | readonly number[] | { float: number } | { body: OnnxGraph };

export interface NodeOptions {
  attributes?: Record<string, Attribute>;
  /** Operator set; ONNX Runtime's own operators are in `com.microsoft`. */
  domain?: 'com.microsoft';
}

/** Bytes of an initializer, with the name that the model uses for them. */
export interface ExternalValues {
  path: string;
  data: Uint8Array;
}

/** TensorProto.DataLocation */
const EXTERNAL = 1;
const OPSET = 20;
const IR_VERSION = 9;

export class OnnxGraph {
  /** Where the graph will run. Some operators are emitted in another way there (`graph/lowering.ts`). */
  readonly target: Target;
  #body = new ProtobufWriter();
  #nodes: { proto: ProtobufWriter; outputs: readonly Value[] }[] = [];
  /** All values read by some node, including nodes in bodies. */
  #read = new Set<string>();
  #inputs: ProtobufWriter[] = [];
  #outputs: ProtobufWriter[] = [];
  #constants = new Map<string, Value>();
  #external: ExternalValues[] = [];
  #half = new Set<string>();
  #count = 0;
  #around: OnnxGraph | null = null;

  constructor(target: Target = 'cpu') {
    this.target = target;
  }

  /**
   * Creates the body of a control-flow node of this graph (attribute `{ body }`). Its nodes may use all
   * values of the outer graph. Names are unique across both, and constants are stored in the outermost graph.
   */
  inner(): OnnxGraph {
    const graph = new OnnxGraph(this.target);
    graph.#around = this;
    return graph;
  }

  /** Declares a value that the runtime passes into a body: a loop's counter, condition or state. */
  argument(type: ElementType, dims: readonly Dimension[] | null = null): Value {
    const name = this.#fresh('argument');
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** Declares an input; without `dims`, of any shape. */
  input(name: string, type: ElementType, dims: readonly Dimension[] | null): Value {
    this.#inputs.push(valueInfo(name, type, dims));
    if (type === 'float16') this.#half.add(name);
    return name as Value;
  }

  /** Returns whether a value is an input in half precision. Nodes of the language model return float32. */
  isHalf(value: Value): boolean {
    return this.#around === null ? this.#half.has(value) : this.#around.isHalf(value);
  }

  /** Makes `value` an output, with its own name. */
  output(value: Value, type: ElementType): Value {
    this.#outputs.push(valueInfo(value, type, null));
    return value;
  }

  /**
   * Adds a weight that belongs to the model, so that the runtime prepacks it. Its data is passed separately
   * instead of in the model's bytes, which are limited to 2 GiB.
   */
  initializer(name: string, data: Float32Array, dims: readonly number[]): Value {
    const tensor = new ProtobufWriter();
    for (const dim of dims) tensor.int(1, dim);
    tensor.int(2, ELEMENT_CODE.float).string(8, name);
    tensor.message(13, entry('location', name)).message(13, entry('length', String(data.byteLength)));
    this.#body.message(5, tensor.int(14, EXTERNAL));
    this.#external.push({ path: name, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
    return name as Value;
  }

  /** The data of all initializers, to pass to a session together with the bytes of `finish()`. */
  get external(): readonly ExternalValues[] {
    return this.#external;
  }

  /** Adds a small constant; equal ones are stored once. */
  constant(type: ConstantType, values: readonly number[], dims: readonly number[] = [values.length]): Value {
    if (this.#around !== null) return this.#around.constant(type, values, dims);
    const key = `${type}:${values.join(',')}:${dims.join('x')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#fresh('const');
    this.#body.message(5, tensorProto(name, type, typedArray(type, values), dims));
    this.#constants.set(key, name);
    return name;
  }

  /** Adds a node with one output. */
  node(operator: string, inputs: readonly (Value | '')[], options: NodeOptions = {}): Value {
    return this.nodes(operator, inputs, 1, options)[0];
  }

  /** Adds a node with several outputs. Throws for an operator that is not proven on the graph's target. */
  nodes(operator: string, inputs: readonly (Value | '')[], outputs: number, options: NodeOptions = {}): Value[] {
    refuseUnproven(this.target, operator, outputs);
    const names = Array.from({ length: outputs }, () => this.#fresh(operator));
    const node = new ProtobufWriter();
    for (const input of inputs) {
      node.string(1, input);
      this.#reads(input);
    }
    for (const name of names) node.string(2, name);
    node.string(3, names[0]).string(4, operator);
    for (const [name, value] of Object.entries(options.attributes ?? {})) {
      if (typeof value === 'object' && 'body' in value) node.message(5, bodyAttribute(name, value.body.#finished()));
      else node.message(5, attributeProto(name, value));
    }
    if (options.domain !== undefined) node.string(7, options.domain);
    this.#nodes.push({ proto: node, outputs: names });
    return names;
  }

  /** Returns the serialised ModelProto. */
  finish(): Uint8Array {
    const model = new ProtobufWriter().int(1, IR_VERSION).string(2, 'rzero').message(7, this.#finished());
    model.message(8, new ProtobufWriter().string(1, '').int(2, OPSET));
    model.message(8, new ProtobufWriter().string(1, 'com.microsoft').int(2, 1));
    return model.finish();
  }

  /**
   * Builds the GraphProto. The runtime evaluates the dependencies of each final node, starting with the last
   * one. Final nodes are therefore written in reverse order, so that a weight's gradient is computed while
   * its inputs are in memory, and not at the very end.
   */
  #finished(): ProtobufWriter {
    const graph = this.#body.string(2, 'rzero');
    const isFinal = ({ outputs }: { outputs: readonly Value[] }): boolean =>
      outputs.every((name) => !this.#read.has(name));
    const final = this.#nodes.filter(isFinal).toReversed();
    for (const { proto } of [...this.#nodes.filter((node) => !isFinal(node)), ...final]) graph.message(1, proto);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    return graph;
  }

  #reads(name: string): void {
    this.#read.add(name);
    if (this.#around !== null) this.#around.#reads(name);
  }

  #fresh(operator: string): Value {
    if (this.#around !== null) return this.#around.#fresh(operator);
    return `${operator}_${this.#count++}` as Value;
  }
}

function typedArray(type: ConstantType, values: readonly number[]): ArrayBufferView {
  if (type === 'float') return Float32Array.from(values);
  if (type === 'int32') return Int32Array.from(values);
  if (type === 'bool') return Uint8Array.from(values);
  return BigInt64Array.from(values, (value) => BigInt(value));
}

function tensorProto(name: string, type: ConstantType, data: ArrayBufferView, dims: readonly number[]): ProtobufWriter {
  const tensor = new ProtobufWriter();
  for (const dim of dims) tensor.int(1, dim);
  tensor.int(2, ELEMENT_CODE[type]).string(8, name);
  return tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function entry(key: string, value: string): ProtobufWriter {
  return new ProtobufWriter().string(1, key).string(2, value);
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[] | null): ProtobufWriter {
  const tensorType = new ProtobufWriter().int(1, ELEMENT_CODE[type]);
  if (dims !== null) {
    const shape = new ProtobufWriter();
    for (const dim of dims) {
      const entry = new ProtobufWriter();
      if (typeof dim === 'number') entry.int(1, dim);
      else entry.string(2, dim);
      shape.message(1, entry);
    }
    tensorType.message(2, shape);
  }
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensorType));
}

const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, graph: 5, ints: 7 };

function bodyAttribute(name: string, body: ProtobufWriter): ProtobufWriter {
  return new ProtobufWriter().string(1, name).message(6, body).int(20, ATTRIBUTE_TYPE.graph);
}

function attributeProto(name: string, value: Exclude<Attribute, { body: OnnxGraph }>): ProtobufWriter {
  const attribute = new ProtobufWriter().string(1, name);
  if (typeof value === 'number') return attribute.int(3, value).int(20, ATTRIBUTE_TYPE.int);
  if (typeof value === 'string') return attribute.string(4, value).int(20, ATTRIBUTE_TYPE.string);
  if ('float' in value) return attribute.float(2, value.float).int(20, ATTRIBUTE_TYPE.float);
  for (const item of value) attribute.int(8, item);
  return attribute.int(20, ATTRIBUTE_TYPE.ints);
}
