/** Notices of the run, and its settings that are not the usual ones. */

import type { Notice } from '../../../../src/types.ts';
import type { RunView } from '../../../../src/view/runs/types.ts';
import { Icon } from '../../frame/icons.tsx';

const ACTIONS: Readonly<Record<Notice['action'], string>> = {
  warn: 'a warning',
  stop: 'the run was stopped',
  rollback: 'the weights were reset',
  end: 'the run ended',
  widen: 'the band was widened',
  generate: 'more questions were generated',
};

export function Notices({ notices }: { notices: readonly Notice[] }) {
  if (notices.length === 0) return null;
  return (
    <section class="card notices" aria-labelledby="notices-title">
      <h2 id="notices-title">Notices</h2>
      <ul>
        {notices.map(({ iteration, stage, step, action, message }, at) => (
          <li key={at}>
            <Icon name="alert" />
            <div>
              <p>
                <bdi>{message}</bdi>
              </p>
              <p class="quiet">
                Iteration {iteration}, <bdi>{stage}</bdi>, step {step + 1}: {ACTIONS[action]}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Settings({ view: { changed, scale } }: { view: RunView }) {
  return (
    <section class="card settings" aria-labelledby="settings-title">
      <h2 id="settings-title">Changed settings</h2>
      {changed.length === 0 ? (
        <p class="quiet">All settings are those of the scale {scale}.</p>
      ) : (
        <>
          <p class="quiet">Different from the scale {scale}:</p>
          <ul>
            {changed.map((setting) => (
              <li key={setting}>
                <code>
                  <bdi>{setting}</bdi>
                </code>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
