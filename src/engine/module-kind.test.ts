import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SCRIPTED } from '../../test/engines/scripted/config.ts';
import { ConfigError } from '../errors.ts';
import { engineKind, openEngine } from './open-engine.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-engine-module-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function module(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

describe('an engine from a module', () => {
  it('is created by its default export, which receives the options', async () => {
    const engine = await openEngine({ ...SCRIPTED, options: { slots: 7 } });
    expect([engine.name, engine.slots]).toEqual(['scripted', 7]);
    await engine.close();
  });

  it('may be an instance of a class', async () => {
    const methods = ['busySeconds', 'inspect', 'openPolicy', 'openSampler', 'remove', 'exportTo', 'states', 'close'];
    const fields = "name = 'mine'; threads = 1; slots = 1;";
    const path = module(
      'class.mjs',
      `class Mine { ${fields} ${methods.map((one) => `${one}() {}`).join(' ')} }
export default () => new Mine();`,
    );
    expect((await openEngine({ kind: 'module', path, options: {} })).name).toBe('mine');
  });

  it('has no forecast, so a run of any size is opened', async () => {
    expect((await engineKind({ ...SCRIPTED, options: {} })).forecast).toBeUndefined();
  });

  it.each([
    ['is not a function', 'export default 3;', 'does not make an engine'],
    ['returns something else', 'export default () => ({ name: "half" });', 'does not make an engine'],
    ['is missing', 'export const engine = 3;', 'has no default export'],
    ['cannot be parsed', 'export default (', 'cannot be loaded'],
  ])('is rejected if the default export %s', async (_how, text, reason) => {
    const path = module(`bad-${reason.length}-${text.length}.mjs`, text);
    const opening = openEngine({ kind: 'module', path, options: {} });
    await expect(opening).rejects.toThrow(ConfigError);
    await expect(opening).rejects.toThrow(reason);
  });

  it('is rejected if the file does not exist', async () => {
    const opening = openEngine({ kind: 'module', path: join(root, 'none.js'), options: {} });
    await expect(opening).rejects.toThrow(/engine module .*none\.js does not exist/);
  });
});
