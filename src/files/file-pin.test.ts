import { cpSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { confirmFile, pinFile, portablePin } from './file-pin.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-pin-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

function file(bytes: Uint8Array): string {
  const path = join(root, `file-${++made}`);
  writeFileSync(path, bytes);
  return path;
}

const content = Buffer.alloc(300_000, 7);

/** The same size, with one bit changed far from both ends. */
function oneBitOff(): Buffer {
  const bytes = Buffer.from(content);
  bytes[150_000] ^= 1;
  return bytes;
}

describe('a pinned file', () => {
  it('has the SHA-256 of its content', async () => {
    const pin = await pinFile(file(Buffer.from('abc')));
    expect(pin).toMatchObject({
      size: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
  });

  it('that is untouched is confirmed without reading it', async () => {
    const path = file(content);
    const pin = { ...(await pinFile(path)), sha256: 'not the hash of anything' };
    expect(await confirmFile(path, pin)).toBe(pin);
  });

  it('is the same after a touch and as a copy, and gets a new stamp', async () => {
    const path = file(content);
    const pin = await pinFile(path);
    utimesSync(path, 1_000_000_000, 1_000_000_000);
    const touched = await confirmFile(path, pin);
    expect(touched).toMatchObject(portablePin(pin));
    expect(touched?.stamp).not.toBe(pin.stamp);
    const copy = `${path}-copy`;
    cpSync(path, copy);
    renameSync(copy, path);
    expect(await confirmFile(path, pin)).toMatchObject(portablePin(pin));
    expect(await confirmFile(path, portablePin(pin))).toMatchObject(portablePin(pin));
  });

  it.each([
    ['one bit in the middle', oneBitOff()],
    ['its length', content.subarray(1)],
  ])('is another one after a change of %s', async (_, bytes) => {
    const path = file(content);
    const pin = await pinFile(path);
    writeFileSync(path, bytes);
    expect(await confirmFile(path, pin)).toBeNull();
  });

  it('is another one even if the time of its last change is set back', async () => {
    const path = file(content);
    utimesSync(path, 1_000_000_000, 1_000_000_000);
    const pin = await pinFile(path);
    writeFileSync(path, oneBitOff());
    utimesSync(path, 1_000_000_000, 1_000_000_000);
    expect(await confirmFile(path, pin)).toBeNull();
  });
});
