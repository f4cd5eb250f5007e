import type { BaseFacts } from './base/base-folder.ts';
import type { BaseIdentity } from './base/base-identity.ts';
import type { BusyClock } from './busy.ts';
import type { TinkerConfig } from './kind.ts';
import type { Snapshots } from './sampling/snapshots.ts';
import type { Services } from './services.ts';
import type { Places } from './turns.ts';

/** What the parts of the engine share. */
export interface Shared {
  config: TinkerConfig;
  services: Services;
  identity: BaseIdentity;
  busy: BusyClock;
  places: Places;
  snapshots: Snapshots;
  /** Facts of the folder that a state names, or of the engine's base if it is another place of the same. */
  factsOf(folder: string): Promise<BaseFacts>;
  /** The shorter of the contexts that the folder and the service state. */
  contextOf(facts: BaseFacts, served: number | null): number;
}
