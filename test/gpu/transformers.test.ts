import { transformersContract } from '../../src/engine/local/transformers.contract.ts';
import { gpuDevice, keepDeviceInFile } from '../fixtures/devices/gpu.ts';

keepDeviceInFile();
transformersContract('the GPU', gpuDevice);
