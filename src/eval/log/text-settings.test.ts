import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { type EvaluationAbout, openLog } from './log.ts';
import { textSettings } from './text-settings.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-text-settings-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const settingsOf = (...set: string[]): string | undefined => textSettings(resolveConfig({ set }));

it('lists only what differs from the defaults', () => {
  expect(settingsOf()).toBeUndefined();
  expect(settingsOf('template.enable_thinking=false', 'prompt.stop=["x"]')).toBe(
    '{"template":{"enable_thinking":false},"stop":["x"]}',
  );
  expect(settingsOf('prompt.system=user', 'prompt.date="2024-07-26"')).toBe('{"system":"user","date":"2024-07-26"}');
});

it('an evaluation is not continued with other variables of the template', () => {
  const about = (text: string | undefined): EvaluationAbout => ({
    model: { kind: 'folder', name: 'm', location: '/m', fingerprint: 'f', iteration: null },
    settings: { seed: 1, temperature: 1, topP: 1, topK: 0, minP: 0, maxTokens: null, prompts: 'math', text },
  });
  const dir = join(root, 'evaluation');
  const thinking = settingsOf('template.enable_thinking=true');
  openLog(dir, about(thinking)).close();
  openLog(dir, about(thinking)).close();
  expect(() => openLog(dir, about(settingsOf('template.enable_thinking=false')))).toThrow(/differs in text/);
  expect(() => openLog(dir, about(undefined))).toThrow(/differs in text/);
  const plain = join(root, 'plain');
  openLog(plain, about(undefined)).close();
  openLog(plain, about(undefined)).close();
});
