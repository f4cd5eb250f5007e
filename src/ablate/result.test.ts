import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toJson } from './result.ts';

it('keeps a list of numbers on one line and everything else unchanged', () => {
  expect(toJson({ a: [1, -2.5, 3e-7], b: [{ c: [] }], d: ['1, 2'] })).toBe(
    '{\n  "a": [1, -2.5, 3e-7],\n  "b": [\n    {\n      "c": []\n    }\n  ],\n  "d": [\n    "1, 2"\n  ]\n}\n',
  );
});

it('parses back to the input', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(toJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
