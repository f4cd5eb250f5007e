import { hostDevice } from '../../../../test/fixtures/devices/host.ts';
import { gradientsContract } from './gradients.contract.ts';

gradientsContract('the processor', hostDevice, 3);
