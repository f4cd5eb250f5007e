import { peftContract } from '../../src/engine/local/peft.contract.ts';
import { gpuDevice, keepDeviceInFile } from '../fixtures/devices/gpu.ts';

keepDeviceInFile();
peftContract('the GPU', gpuDevice);
