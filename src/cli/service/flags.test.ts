import { describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configOf } from '../settings.ts';

const URL = 'http://localhost:8000';

describe('--engine', () => {
  it('names a kind or the file of a module', () => {
    expect(configOf({ engine: 'local' }).engine.kind).toBe('local');
    expect(configOf({ engine: './mine.js' }).engine).toEqual({ kind: 'module', path: './mine.js', options: {} });
    expect(configOf({ engine: 'tinker', url: URL }).engine).toMatchObject({ kind: 'tinker', url: URL, model: '' });
  });

  it('is a service if an address or a tokenizer is given', () => {
    const { engine, model } = configOf({ challengerUrl: URL, tokenizer: 'a/b', model: 'org/base' });
    expect(engine).toMatchObject({ kind: 'tinker', url: '', challengerUrl: URL, model: 'org/base' });
    expect(model).toBe('a/b');
    expect(() => configOf({ engine: 'local', url: URL })).toThrow('--url cannot be used with --engine local');
    expect(() => configOf({ engine: './e.js', solverUrl: URL, tokenizer: 'x' })).toThrow('--solver-url, --tokenizer');
  });
});

describe('--model on a service', () => {
  it('is the model and its tokenizer', () => {
    expect(configOf({ engine: 'tinker', model: 'org/base' })).toMatchObject({
      model: 'org/base',
      engine: { model: '' },
    });
  });

  it('replaces the name in a file, which --set replaces in turn', () => {
    const root = mkdtempSync(join(tmpdir(), 'rzero-flags-'));
    try {
      const file = join(root, 'service.toml');
      writeFileSync(file, 'model = "old/texts"\n[engine]\nkind = "tinker"\nmodel = "old/name"\n');
      expect(configOf({ config: [file] })).toMatchObject({ model: 'old/texts', engine: { model: 'old/name' } });
      expect(configOf({ config: [file], model: 'new/name' })).toMatchObject({
        model: 'new/name',
        engine: { kind: 'tinker', model: '' },
      });
      expect(configOf({ config: [file], model: 'new/name', set: ['engine.model=there'] })).toMatchObject({
        model: 'new/name',
        engine: { model: 'there' },
      });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe('the defaults of a service', () => {
  it('train adapters and correct the difference to the sampler, unless a file or an option says otherwise', () => {
    const remote = configOf({ engine: 'tinker' });
    expect([remote.adapt.method, remote.adapt.alpha]).toEqual(['lora', 32]);
    expect([remote.challenger, remote.solver].map((role) => role.importanceCorrection)).toEqual([
      'token-truncate',
      'token-truncate',
    ]);
    const set = ['adapt.method=full', 'solver.importanceCorrection=none'];
    const own = configOf({ engine: 'tinker', set });
    expect([own.adapt.method, own.solver.importanceCorrection, own.challenger.importanceCorrection]).toEqual([
      'full',
      'none',
      'token-truncate',
    ]);
    expect(configOf({ engine: 'tinker', config: ['repo'] }).solver.importanceCorrection).toBe('none');
  });

  it('are those of no other engine', () => {
    const { adapt, solver, challenger } = configOf({});
    expect([adapt.method, solver.importanceCorrection, challenger.importanceCorrection]).toEqual([
      'full',
      'none',
      'none',
    ]);
  });
});
