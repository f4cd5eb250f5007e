import { expect, it } from 'vitest';

import { addOnAdapter } from './add.ts';

it('adds on the adapter', async () => {
  expect(await addOnAdapter(1.5, -4)).toEqual([-2.5]);
});
