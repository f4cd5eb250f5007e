import { createMemoryRun } from './memory.ts';
import { sampleMeta } from './samples.contract.ts';
import { storeContract } from './store.contract.ts';

storeContract(
  'memory',
  () => createMemoryRun('/nowhere', sampleMeta),
  (store) => store,
);
