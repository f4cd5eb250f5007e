import { hostDevice } from '../../../../test/fixtures/devices/host.ts';
import { layeredTrainingContract } from './layered-training.contract.ts';

layeredTrainingContract('the processor', hostDevice);
