import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('refuses to read a tensor on the device, and does not abort', () => {
  const script = fileURLToPath(new URL('read-device-tensor.ts', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8' });
  expect(stdout).toContain('a tensor on a device is read back through a session');
  expect(status).toBe(0);
});
