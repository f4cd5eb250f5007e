/** Errors whose advice no test can carry out, each with the reason. */

import type { Unfollowed } from '../followed.ts';

export const UNFOLLOWED: Unfollowed[] = [...ofModelsAndStore(), ...ofRunsAndEvaluations()];

/** The engine, models, endpoints and the store. */
function ofModelsAndStore(): Unfollowed[] {
  return [
    {
      file: 'engine/local/failure.ts',
      message: 'The engine failed unexpectedly: …',
      why: 'Only a defect causes it.',
    },
    {
      file: 'engine/local/sampling/pair/peer-thread.ts',
      message: 'The thread of the second sampler ….',
      why: 'Only a defect or a lack of memory ends it; src/engine/local/sampling/pair/pair-sampler.test.ts ends it and samples again.',
    },
    {
      file: 'engine/local/session.ts',
      message: 'ONNX Runtime returned a tensor of an unexpected type.',
      why: 'Only another version of ONNX Runtime returns one; a test cannot install packages.',
    },
    {
      file: 'engine/local/telemetry.ts',
      message: 'A worker thread cannot switch off the telemetry of ONNX Runtime.',
      why: 'src/engine/local/telemetry.test.ts starts a worker without the variable, and one with it.',
    },
    {
      file: 'engine/local/training/trainer.ts',
      message: 'The checkpoint has no ….',
      why: 'A checkpoint without a tensor is refused when it is loaded (models/weights/weight-files.ts).',
    },
    {
      file: 'generate/batch/batcher.ts',
      message: 'The request was aborted.',
      why: 'The caller has gone; src/generate/batch/batcher.test.ts asks again.',
    },
    {
      file: 'generate/models/models.ts',
      message: 'The models are closed.',
      why: 'The program that closes them ends; a client learns when to come back (test/openai/client.test.ts).',
    },
    {
      file: 'generate/models/catalogue.ts',
      message: 'The weights of … belong to the engine kind …, and this process runs models of this machine only.',
      why: 'Needs a run on a service; the advice is the command of src/generate/run-model.ts, which has a case.',
    },
    {
      file: 'generate/openai/ask.ts',
      message: '…',
      why: 'A timer fails only if the process is ending.',
    },
    {
      file: 'models/weights/safetensors.ts',
      message: '… ended at byte …; expected … more.',
      why: 'The file must shrink between two reads; src/models/weights/safetensors.test.ts covers truncated files.',
    },
    {
      file: 'page/bundle.ts',
      message: 'The page is not built.',
      why: 'The package has the page; in a checkout the advice is the command that made it for these tests.',
    },
    {
      file: 'page/single-file.ts',
      message: 'The built page has no ….',
      why: 'A build that is not whole; in a checkout the advice is the command that made it for these tests.',
    },
    {
      file: 'store/events/event-line.ts',
      message: 'The event log of the run in … has format …',
      why: 'It names a version of rzero that does not exist yet.',
    },
    {
      file: 'store/migrate.ts',
      message: 'The run in … has schema …',
      why: 'It names a version of rzero that does not exist yet.',
    },
  ];
}

/** Runs, evaluations and commands. */
function ofRunsAndEvaluations(): Unfollowed[] {
  return [
    {
      file: 'ablate/ablate.ts',
      message: 'Variant … starts from …, whose run with seed … has not ended.',
      why: 'An ablation that was stopped plays no other variant, so that only a fault in the schedule causes it.',
    },
    {
      file: 'eval/log/log.ts',
      message: 'The evaluation in … was made by rzero …, which is newer.',
      why: 'The advice names a later version.',
    },
    {
      file: 'loop/watch/only-new-run.ts',
      message: '…',
      why: 'It gives an error of the engine other advice, which the cases of engine.ts carry out.',
    },
    {
      file: 'loop/run/open-run.ts',
      message: 'The run in … was made by rzero …. This version cannot read its config: ….',
      why: 'The advice names another version.',
    },
  ];
}
