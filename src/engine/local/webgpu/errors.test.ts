import { describe, expect, it } from 'vitest';
import { ConfigError, EngineError } from '../../../errors.ts';
import { webgpuError, webgpuFailure } from './errors.ts';

/** Messages of onnxruntime-node 1.30.0, provoked on SwiftShader or without an adapter, unless marked. */
const MESSAGES = {
  noBuild: 'no available backend found. ERR: [webgpu] backend not found.',
  noAdapter:
    '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters\n',
  noHalf:
    "Non-zero status code returned while running Cast node. Name:'Cast_0' Status Message: shader_helper.cc:416 GenerateSourceCode Program Cast requires f16 but the device does not support it.",
  tooLarge:
    'WebGPU device error(3): Allocation size too large\n - While calling [Device].CreateBuffer([BufferDescriptor]).\n',
  memory:
    'WebGPU device error(3): vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY\n - While calling [Device].CreateBuffer([BufferDescriptor]).\n',
  invalidBuffer:
    'WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.\n - While validating entries[1] against { binding: 1, visibility: ShaderStage::Compute, buffer: {type: BufferBindingType::Storage, minBindingSize: 0, hasDynamicOffset: 0} }.\n',
  /** From the texts in the library. */
  limit: 'WebGPU validation failed. Buffer size (8589934592) exceeds the max buffer size limit (4294967296).',
  lost: 'WebGPU device lost (1): [Invalid Buffer (unlabeled)] vkQueueSubmit failed with VK_ERROR_DEVICE_LOST',
  noDevice: 'Failed to get a WebGPU device: D3D12 create device failed',
  other: "Non-zero status code returned while running MatMul node. Name:'MatMul_3' Status Message: bad shader",
};

describe('messages of the provider', () => {
  it.each([
    ['no-build', MESSAGES.noBuild],
    ['no-adapter', MESSAGES.noAdapter],
    ['no-adapter', MESSAGES.noDevice],
    ['no-half', MESSAGES.noHalf],
    ['too-large', MESSAGES.tooLarge],
    ['too-large', MESSAGES.limit],
    ['memory', MESSAGES.memory],
    ['memory', MESSAGES.invalidBuffer],
    ['lost', MESSAGES.lost],
    ['driver', MESSAGES.other],
  ])('mean %s', (failure, message) => {
    expect(webgpuFailure(message)).toBe(failure);
  });

  it.each([
    [MESSAGES.noAdapter, 'user'],
    [MESSAGES.invalidBuffer, 'budget'],
    [MESSAGES.limit, 'budget'],
    [MESSAGES.lost, 'lost-policy'],
    [MESSAGES.other, 'transient'],
  ])('become errors of one kind, with advice that names the processor', (message, kind) => {
    const error = webgpuError(new Error(message), 'linux');
    expect(error).toMatchObject({ code: `engine/${kind}` });
    expect(error.message.split('\n')).toHaveLength(2);
    expect(error.advice).toContain('--device cpu');
  });
});

it('an adapter without half precision is advised to sample in single precision', () => {
  const { code, advice } = webgpuError(new Error(MESSAGES.noHalf));
  expect({ code, advice }).toEqual({
    code: 'engine/user',
    advice: 'Sample in single precision: --set engine.samplingPrecision=float32.',
  });
});

describe('a machine without an adapter', () => {
  it('is named without the internals of ONNX Runtime', () => {
    expect(webgpuError(new Error(MESSAGES.noAdapter), 'linux').message.split('\n')[0]).toBe(
      'ONNX Runtime found no GPU.',
    );
  });

  it.each([
    ['linux', 'libvulkan1'],
    ['win32', 'Direct3D 12'],
    ['darwin', 'Metal'],
  ])('on %s is advised what to install', (platform, words) => {
    expect(webgpuError(new Error(MESSAGES.noAdapter), platform).advice).toContain(words);
  });
});

it('a typed error stays as it is', () => {
  const own = new ConfigError('One thing.', 'Another thing.');
  expect(webgpuError(own)).toBe(own);
  const typed = new EngineError('aborted', 'The call was aborted.', 'Start it again if needed.');
  expect(webgpuError(typed)).toBe(typed);
});
