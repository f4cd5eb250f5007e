import { hostDevice } from '../../../../test/fixtures/devices/host.ts';
import { sharedPromptsContract } from './shared-prompts.contract.ts';

sharedPromptsContract('the processor', hostDevice);
