import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('makes ONNX Runtime add in the same order in every run, and its threads sleep soon', () => {
  const script = fileURLToPath(new URL('print-options.ts', import.meta.url));
  const { stderr, stdout } = spawnSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8' });
  // ONNX Runtime ignores options that it does not know: these are those that it uses.
  const used = `${stdout}${stderr}`.split('\n').find((line) => line.includes('TraceSessionOptions'));
  expect(used).toContain('use_deterministic_compute:1');
  expect(used).toContain('spin_duration_us: 50');
});
