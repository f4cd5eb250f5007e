import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diskUse, folderSize } from './folder-size.ts';

it('counts blocks of the disk, a file with two names once, and holes not at all', () => {
  const root = mkdtempSync(join(tmpdir(), 'rzero-size-'));
  try {
    const folder = join(root, 'run');
    mkdirSync(join(folder, 'in'), { recursive: true });
    writeFileSync(join(folder, 'a'), Buffer.alloc(100_000, 1));
    linkSync(join(folder, 'a'), join(folder, 'in', 'b'));
    writeFileSync(join(folder, 'in', 'hole'), '');
    truncateSync(join(folder, 'in', 'hole'), 50_000_000);
    expect(folderSize(folder)).toBe(50_200_000);
    // `du` also counts the folders themselves.
    const du = (path: string): number =>
      Number(execFileSync('du', ['-k', '-s', path]).toString().split('\t')[0]) * 1024;
    rmSync(join(folder, 'in', 'b'));
    expect(diskUse(folder)).toBe(du(join(folder, 'a')) + du(join(folder, 'in', 'hole')));
    linkSync(join(folder, 'a'), join(folder, 'in', 'b'));
    expect(diskUse(folder)).toBe(du(join(folder, 'a')) + du(join(folder, 'in', 'hole')));
    expect(diskUse(folder, (name) => name !== 'hole')).toBe(du(join(folder, 'a')));
    expect(diskUse(join(root, 'none'))).toBe(0);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
