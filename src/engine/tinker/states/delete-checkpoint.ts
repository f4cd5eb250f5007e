import { isAborted } from '../../../errors.ts';
import { ServiceError, type TinkerService } from '../service.ts';

/** Deletes a checkpoint. A service that cannot delete keeps it. */
export async function deleteIfPossible(api: TinkerService, path: string): Promise<void> {
  try {
    await api.deleteCheckpoint(path);
  } catch (error) {
    if (error instanceof ServiceError && (error.outcome === 'refused' || error.outcome === 'failed')) return;
    throw error;
  }
}

/** Deletes a checkpoint that nothing needs any more, so that a failure does not matter. */
export async function deleteQuietly(api: TinkerService, path: string): Promise<void> {
  try {
    await api.deleteCheckpoint(path);
  } catch (error) {
    if (isAborted(error) || error instanceof ServiceError) return;
    throw error;
  }
}
