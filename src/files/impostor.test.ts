import { describe, expect, test } from 'vitest';
import { impostorOf, impostorOfWeights } from './impostor.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('impostorOf', () => {
  test.each([
    ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n', 'a Git LFS pointer instead of'],
    ['../../.git/annex/objects/0a/1b/SHA256E-s12--4d7a.json', 'a git-annex pointer instead of'],
    ['/annex/objects/SHA256E-s12--4d7a.jsonl\n', 'a git-annex pointer instead of'],
    ['\n<!DOCTYPE html><html lang="en">', 'a web page instead of'],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'a web page instead of'],
  ])('%j', (text, found) => {
    expect(impostorOf(text)?.found).toContain(found);
    expect(impostorOfWeights(bytes(text))?.found).toContain(found);
  });

  test.each(['{"a": 1}', 'question,answer\n1,2', '{% for message in messages %}', '', 'PAR1', 'version,https'])(
    'no impostor: %j',
    (text) => expect(impostorOf(text)).toBeNull(),
  );
});

describe('impostorOfWeights', () => {
  test('shows the first line of any text', () => {
    expect(impostorOfWeights(bytes('{"error": "Not found"}\nmore'))?.found).toBe(
      'text that begins with "{\\"error\\": \\"Not found\\"}"',
    );
  });

  test.each(['\u0008\0\0\0\0\0\0\0{"a": {}}', '((\0\0\0\0\0\0{"a": {}}', '', 'short'])('no impostor: %j', (text) =>
    expect(impostorOfWeights(bytes(text))).toBeNull(),
  );
});
