/** A process that succeeds if it has an adapter which adds. */

import { addOnAdapter } from './add.ts';

const [sum] = await addOnAdapter(2, 3);
process.exit(sum === 5 ? 0 : 1);
