import fc from 'fast-check';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../shell/refusal.ts';
import { checkName, folderName, parsePath, pathOf } from './paths.ts';

const RUN = '0b0e1b5e-1111-4222-8333-444455556666:train:0';
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('..', '../x', 'a/b', String.raw`a\b`, '', 'a\0b', '.', 'CON:', 'x'.repeat(256), 'ä', '%2e%2e'),
);

describe('a name', () => {
  it('has letters, digits, hyphens and underscores only', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        if (/^[A-Za-z0-9_-]{1,255}$/.test(name)) expect(checkName(name)).toBe(name);
        else expect(() => checkName(name)).toThrow(Refusal);
      }),
    );
  });
});

describe('a path', () => {
  it('is read as it was written', () => {
    for (const kind of ['weights', 'sampler_weights'] as const) {
      const path = { runId: RUN, kind, name: 'step-15_b' };
      expect(parsePath(pathOf(path))).toEqual(path);
    }
  });

  it.each([
    'tinker://../../etc/passwd',
    `tinker://${RUN}/weights/../../x`,
    `tinker://${RUN}/weights/..`,
    `tinker://${RUN}/other/x`,
    `tinker://${RUN}/weights`,
    `tinker://${RUN}/weights/x/y`,
    `tinker://../weights/x`,
    `tinker://${RUN}/weights/a%2fb`,
    `file:///${RUN}/weights/x`,
    `${RUN}/weights/x`,
    `tinker://tinker://${RUN}/weights/x`,
    '',
  ])('%s is refused', (path) => {
    expect(() => parsePath(path)).toThrow(Refusal);
  });

  it('never leads out of a folder', () => {
    fc.assert(
      fc.property(hostile, hostile, (run, name) => {
        let parsed;
        try {
          parsed = parsePath(`tinker://${run}/weights/${name}`);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          return;
        }
        expect(basename(join('/root', folderName(parsed.runId)))).toBe(folderName(parsed.runId));
      }),
    );
  });
});
