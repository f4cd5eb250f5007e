/** Errors of the calls to a Tinker service. */

import { connect } from '../../../src/engine/tinker/transport/connect.ts';
import { ScriptedService } from '../../tinker/scripted-service.ts';
import type { AdviceCase } from '../followed.ts';

/** Asks a service for its models. */
async function listModels(signal?: AbortSignal): Promise<void> {
  const service = new ScriptedService();
  await service.start();
  const client = await connect({ url: service.url, concurrency: 1, patience: 5 });
  try {
    await client.supportedModels({ signal });
  } finally {
    await client.close();
    await service.stop();
  }
}

export const CASES: AdviceCase[] = [
  {
    file: 'engine/tinker/transport/exchange/abort.ts',
    message: 'The call was aborted.',
    advice: 'Start it again if needed.',
    provoke: () => listModels(AbortSignal.abort()),
    follow: () => listModels(),
  },
];
