import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findModel, holdsModel } from './find-model.ts';

it('finds the shipped base model from any folder', () => {
  const here = process.cwd();
  try {
    process.chdir(tmpdir());
    expect(holdsModel(findModel('models/arith-base'))).toBe(true);
    expect(findModel('nowhere')).toBe(join(process.cwd(), 'nowhere'));
  } finally {
    process.chdir(here);
  }
});
