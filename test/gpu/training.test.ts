/** Training and scoring on the GPU, held to finite differences, definitions and each other. */

import { gradientsContract } from '../../src/engine/local/training/gradients.contract.ts';
import { headContract } from '../../src/engine/local/training/head.contract.ts';
import { layeredTrainingContract } from '../../src/engine/local/training/layered-training.contract.ts';
import { sharedPromptsContract } from '../../src/engine/local/training/shared-prompts.contract.ts';
import { gpuDevice, keepDeviceInFile } from '../fixtures/devices/gpu.ts';

keepDeviceInFile();
headContract('the GPU', gpuDevice, false);
layeredTrainingContract('the GPU', gpuDevice);
gradientsContract('the GPU', gpuDevice, 1);
sharedPromptsContract('the GPU', gpuDevice, 1);
