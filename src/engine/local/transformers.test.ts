import { hostDevice } from '../../../test/fixtures/devices/host.ts';
import { transformersContract } from './transformers.contract.ts';

transformersContract('the processor', hostDevice);
