/**
 * Where ONNX Runtime ran the nodes of the product's graphs, and what it copied between devices. Every session on the GPU
 * that is opened while `placements` works writes a profile, which is read here.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { PROVEN_ON_WEBGPU } from '../../src/engine/local/onnx/targets.ts';
import { ort } from '../../src/engine/local/runtime.ts';

/** One execution of a node. */
export interface Execution {
  /** Outputs of the session, to recognise it. */
  session: string;
  operator: string;
  provider: string;
  /** Types and dimensions of the outputs. */
  outputs: readonly Record<string, number[]>[];
  /** Bytes of the outputs. */
  bytes: number;
}

const GPU = 'WebGpuExecutionProvider';
const COPIES = new Set(['MemcpyFromHost', 'MemcpyToHost']);
/** Shape arithmetic works on vectors of at most this length. */
const SHAPE_LENGTH = 8;
const SHAPE_BYTES = 8 * SHAPE_LENGTH;

/** Returns all nodes that GPU sessions executed during `work`, which must release the sessions. */
export async function placements(work: () => Promise<void>): Promise<Execution[]> {
  const root = mkdtempSync(join(tmpdir(), 'rzero-placement-'));
  const create = ort.InferenceSession.create.bind(ort.InferenceSession);
  const names: string[] = [];
  const open = { count: 0 };
  const spy = vi.spyOn(ort.InferenceSession, 'create').mockImplementation(async (model: unknown, given: unknown) => {
    if (!(model instanceof Uint8Array)) throw new Error('the model is not in memory');
    const options: ort.InferenceSession.SessionOptions = given ?? {};
    if (options.executionProviders?.includes('webgpu') !== true) return create(model, options);
    const profileFilePrefix = join(root, `${names.length}-`);
    const session = await create(model, { ...options, enableProfiling: true, profileFilePrefix });
    names.push(session.outputNames.slice(-2).join(', '));
    open.count++;
    const release = session.release.bind(session);
    session.release = () => {
      session.endProfiling();
      open.count--;
      return release();
    };
    return session;
  });
  try {
    await work();
    if (open.count > 0) throw new Error(`${open.count} sessions were not released`);
    return readdirSync(root).flatMap((file) => executions(join(root, file), names[Number.parseInt(file, 10)]));
  } finally {
    spy.mockRestore();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Describes what may not happen in a graph for the GPU, once each. */
export function misplaced(all: readonly Execution[]): string[] {
  const wrong = all.flatMap((one) => {
    const problem = problemOf(one);
    return problem === null ? [] : [`${problem}: ${one.operator} ${JSON.stringify(one.outputs)} of ${one.session}`];
  });
  return [...new Set(wrong)];
}

/** Counts nodes by place. */
export function counted(all: readonly Execution[]): { gpu: number; shapes: number; copies: number } {
  const copies = all.filter(({ operator }) => COPIES.has(operator)).length;
  const gpu = all.filter(({ operator, provider }) => provider === GPU && !COPIES.has(operator)).length;
  return { gpu, shapes: all.length - gpu - copies, copies };
}

function problemOf({ operator, provider, outputs, bytes }: Execution): string | null {
  if (COPIES.has(operator)) return bytes <= SHAPE_BYTES ? null : 'copied between devices';
  if (provider === GPU) return operator in PROVEN_ON_WEBGPU || operator === 'Shape' ? null : 'not proven';
  return outputs.every(isShape) ? null : 'ran on the processor';
}

function isShape(output: Record<string, number[]>): boolean {
  return Object.entries(output).every(
    ([type, dims]) => type === 'int64' && dims.reduce((size, dim) => size * dim, 1) <= SHAPE_LENGTH,
  );
}

interface ProfileEvent {
  cat: string;
  name: string;
  args: {
    op_name: string;
    provider?: string;
    output_size?: string;
    output_type_shape?: Record<string, number[]>[];
  };
}

function executions(path: string, session: string): Execution[] {
  const events: ProfileEvent[] = JSON.parse(readFileSync(path, 'utf8'));
  return events
    .filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'))
    .map(({ args }) => ({
      session,
      operator: args.op_name,
      provider: args.provider ?? '',
      outputs: args.output_type_shape ?? [],
      bytes: Number(args.output_size ?? 0),
    }));
}
